import { beforeEach, expect, it, vi } from "vitest";

import { see, unseenOf, useSeen, type OwnerNotice } from "./notices";

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
  vi.stubGlobal("localStorage", {
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});

it("what was seen is new again once it has happened again, and is kept by the browser", () => {
  see([notice()]);
  const { seen } = useSeen.getState();

  expect(unseenOf([notice()], seen)).toEqual([]);
  expect(unseenOf([notice({ count: 2 })], seen)).toHaveLength(1);
  expect(unseenOf([notice({ id: "account:1" })], seen)).toHaveLength(1);
  expect(kept.get("appmixer.seenNotices")).toBe(JSON.stringify(seen));
});

it("what is no longer told is forgotten", () => {
  see([notice(), notice({ id: "account:1" })]);
  see([notice()]);

  expect(useSeen.getState().seen).toHaveLength(1);
});
