import { expect, test } from "vitest";

import type { Key, Step } from "./queries";
import { findingOf, lacking, originOf, otherFindings } from "./setup-state";

const key: Key = {
  key: "id",
  label: "Id",
  description: "",
  environment: "ID",
  isSecret: false,
  isRequired: true,
  isSet: false,
  source: "unset",
  value: null,
};
const unset = { name: "configuration id", state: "fault", finding: "id is not set.", cure: "" };
const locked = { name: "door", state: "fault", finding: "It is locked.", cure: "Unlock it." };
const step = {
  id: "echo:door",
  keys: [key],
  findings: [unset, locked],
  addresses: [{ label: "Callback", url: "https://engine.example.com/plugins/echo" }],
} as unknown as Step;

test("that a key is not set is told at the key alone", () => {
  expect(findingOf(key, step.findings)).toBeUndefined();
  expect(otherFindings(step)).toEqual([locked]);
});

test("what is wrong with a value is told at its key", () => {
  const set: Key = { ...key, isSet: true, source: "stored", value: "x" };

  expect(findingOf(set, step.findings)).toEqual(unset);
});

test("a connector lacks only what it cannot do without", () => {
  const optional = { keys: [{ ...key, isRequired: false }] };
  const needing = { keys: [key] };

  expect(lacking([optional, needing])).toEqual([needing]);
});

test("the public address is how the addresses begin", () => {
  expect(originOf([step])).toBe("https://engine.example.com");
  expect(originOf([])).toBeUndefined();
});
