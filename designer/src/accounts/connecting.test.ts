import { describe, expect, it } from "vitest";

import { arrivalOf, connectedSince, endedOf, faultOfName, freeName, proofOf } from "./connecting";
import type { Account } from "./connecting";
import { grouped } from "./Facts";

const account = (changes: Partial<Account> = {}): Account => ({
  id: "1",
  service: "vendor:service",
  name: "shop",
  profile: {},
  settings: {},
  availableSettings: [],
  state: "connected",
  reason: "",
  expiresAt: null,
  tokenSince: "2026-01-01T00:00:00Z",
  refreshAt: null,
  createdAt: "2026-01-01T00:00:00Z",
  ...changes,
});

describe("the name of an account", () => {
  it("is what the service is called, with a number where that is taken", () => {
    expect(freeName("Mail", [])).toBe("Mail");
    expect(freeName("Mail", ["Mail", "Mail 2"])).toBe("Mail 3");
  });

  it.each([
    ["", "missing"],
    ["  ", "missing"],
    ["x".repeat(101), "long"],
    ["a\u0000b", "unprintable"],
    ["a\u00a0b", "unprintable"],
    ["😀".repeat(100), null],
    ["Müller & Co", null],
  ])("%j is %s", (name, fault) => {
    expect(faultOfName(name)).toBe(fault);
  });
});

describe("the end of a login", () => {
  it("is seen by an account that is there for the first time", () => {
    const found = connectedSince([account()], "vendor:service", "shop", proofOf(undefined));
    expect(found?.id).toBe("1");
  });

  it("is seen by an account whose token is another one", () => {
    const before = proofOf(account({ state: "reconnect" }));
    const at = (accounts: Account[]) => connectedSince(accounts, "vendor:service", "shop", before);
    expect(at([account({ state: "reconnect" })])).toBeUndefined();
    expect(at([account({ tokenSince: "2026-02-01T00:00:00Z" })])?.name).toBe("shop");
  });

  it("is not that of another service or name", () => {
    expect(connectedSince([account()], "vendor:other", "shop", "")).toBeUndefined();
    expect(connectedSince([account()], "vendor:service", "other", "")).toBeUndefined();
  });

  it("is read from the address to which it led back, which is left as it was", () => {
    const address = "https://e.example/flows/a/steps/b?tab=1&connecting=vendor%3Aservice";
    expect(arrivalOf(new URL(`${address}&connected=my+shop`))).toEqual({
      arrival: { service: "vendor:service", name: "my shop" },
      rest: "/flows/a/steps/b?tab=1",
    });
    expect(arrivalOf(new URL(address)).arrival).toEqual({ service: "vendor:service", name: null });
    expect(arrivalOf(new URL("https://e.example/flows"))).toEqual({
      arrival: null,
      rest: "/flows",
    });
  });

  it("is told by a window of its own under its ticket", () => {
    expect(endedOf(new URL("https://e.example/connected?ticket=t&connected=a"))).toEqual({
      ticket: "t",
      name: "a",
    });
  });
});

it("facts about one thing stand together, in the order of the first", () => {
  const fact = (label: string, about: string) =>
    ({ label, about, value: "", state: "fine" }) as const;
  const told = [fact("a", "one"), fact("b", "two"), fact("c", "one")];
  expect(grouped(told).map(([about, facts]) => [about, facts.map((each) => each.label)])).toEqual([
    ["one", ["a", "c"]],
    ["two", ["b"]],
  ]);
});
