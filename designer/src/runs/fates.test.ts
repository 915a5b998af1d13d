import { describe, expect, it } from "vitest";

import { canRetry, errorOf, signOf } from "./fates";
import type { Step } from "./run";

const LOST = { kind: "OutcomeUnknownError", title: "Nobody knows", cure: "Send it again." };
const GONE = { kind: "RejectedError", title: "Gone", cure: "Write sooner." };
type State = NonNullable<Step["fate"]>["state"];

function step(status: Step["status"], state: State | null) {
  const error = state === "failed" ? GONE : null;
  const fate =
    state === null ? null : { state, at: "2026-01-01", error, silentSince: null, reasons: [] };
  return { status, fate, error: status === "completed" ? null : LOST } as Step;
}

describe("a step that nobody knew of", () => {
  it.each([null, "unknown"] as const)("may be done again while its fate is %s", (state) => {
    const one = step("unknown", state);

    expect([canRetry(one), errorOf(one), signOf(one)]).toEqual([true, LOST, "unknown"]);
  });

  it.each(["accepted", "delivered", "read", "played"] as const)(
    "is not done again once it is %s, and has no error",
    (state) => {
      const one = step("unknown", state);

      expect([canRetry(one), errorOf(one), signOf(one)]).toEqual([false, null, state]);
    },
  );

  it("has the error of its fate once it has failed", () => {
    const one = step("unknown", "failed");

    expect([canRetry(one), errorOf(one), signOf(one)]).toEqual([false, GONE, "failed"]);
  });
});

describe("a step that has failed", () => {
  it.each([
    [null, true],
    ["delivered", true],
    ["failed", false],
  ] as const)("whose fate is %s may be done again: %s", (state, expected) => {
    const one = step("failed", state);

    expect([canRetry(one), errorOf(one), signOf(one)]).toEqual([expected, LOST, "failed"]);
  });
});

it("a step that is done is not done again, whatever becomes of it", () => {
  const one = step("completed", "failed");

  expect([canRetry(one), errorOf(one), signOf(one)]).toEqual([false, GONE, "failed"]);
});
