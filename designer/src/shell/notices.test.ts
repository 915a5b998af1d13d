import { beforeEach, expect, it, vi } from "vitest";

import { see, seenBy, unseenOf, type OwnerNotice } from "./notices";

const notice = (changes: Partial<OwnerNotice> = {}): OwnerNotice => ({
  id: "failed:1",
  kind: "failed",
  title: "Greeting has failed",
  cause: "",
  cure: "",
  since: "2026-01-01T00:00:00Z",
  count: 1,
  path: "/runs/1",
  flowId: "greeting",
  accountId: null,
  runId: "1",
  ...changes,
});

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});

it("what was seen is new again once it has happened again, and is kept by the browser", () => {
  const seen = see("ann", [notice()]);

  expect(unseenOf([notice()], seen)).toEqual([]);
  expect(unseenOf([notice({ count: 2 })], seen)).toHaveLength(1);
  expect(unseenOf([notice({ id: "account:1" })], seen)).toHaveLength(1);
  expect(seenBy("ann")).toEqual(seen);
});

it("what one owner has seen is new to another in the same browser", () => {
  see("ann", [notice()]);

  expect(seenBy("bob")).toEqual([]);
});

it("what is no longer told is forgotten", () => {
  see("ann", [notice(), notice({ id: "account:1" })]);
  see("ann", [notice()]);

  expect(seenBy("ann")).toHaveLength(1);
});
