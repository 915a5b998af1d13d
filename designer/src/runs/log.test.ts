import { describe, expect, it } from "vitest";

import type { Schemas } from "../shared/api/client";
import type { Notice } from "../shared/api/stream";
import { RunLog } from "./log";

const STEP = "run.0";

function at(second: number): string {
  return `2026-01-01T00:00:${String(second).padStart(2, "0")}.000+00:00`;
}

function begins(runId: string, second = 1): Notice {
  const begun = {
    version: 1,
    isTest: false,
    trigger: "incoming",
    triggerType: null,
    eventId: 7,
    conversation: "Sheena",
    likeRunId: null,
    error: null,
  };
  return { kind: "run", content: { runId, flowId: "a", state: "running", at: at(second), begun } };
}

function becomes(runId: string, state: Schemas["RunState"], second: number): Notice {
  return { kind: "run", content: { runId, flowId: "a", state, at: at(second), begun: null } };
}

function comesTo(state: Schemas["StepFate"]["state"], runId = "run", stepId = STEP): Notice {
  const fate = { state, at: at(3), error: null, silentSince: null, reasons: [] };
  return {
    kind: "fate",
    content: { runId, flowId: "a", stepId, component: null, type: null, fate },
  };
}

function fails(title: string): Notice {
  return {
    kind: "step",
    content: {
      runId: "run",
      flowId: "a",
      stepId: STEP,
      component: "reply",
      type: "t",
      state: "failed",
      error: { kind: "RejectedError", title },
      attempt: 1,
      startedAt: at(1),
      durationS: 1,
      ports: {},
    } as Schemas["StepEnded"],
  };
}

function summary(id: string, more: Partial<Schemas["RunSummary"]> = {}): Schemas["RunSummary"] {
  return {
    id,
    flowId: "a",
    flowName: "A",
    version: 1,
    isTest: false,
    isReplay: false,
    likeRunId: null,
    trigger: "incoming",
    triggerType: null,
    conversation: null,
    eventId: null,
    status: "running",
    error: null,
    startedAt: at(1),
    endedAt: null,
    durationS: null,
    fates: {},
    ...more,
  };
}

/** Every order of some notices. */
function orders<Of>(of: readonly Of[]): Of[][] {
  if (of.length < 2) return [[...of]];
  return of.flatMap((each, place) =>
    orders(of.filter((_, other) => other !== place)).map((rest) => [each, ...rest]),
  );
}

describe("the log of runs", () => {
  it("shows the same run in whatever order its notices come", () => {
    const notices = [
      begins("run"),
      becomes("run", "completed", 4),
      comesTo("accepted"),
      comesTo("delivered"),
      comesTo("read"),
    ];
    for (const order of orders(notices)) {
      const log = new RunLog(10);
      order.forEach((notice) => log.take(notice));
      expect(log.rows).toMatchObject([
        { id: "run", status: "completed", durationS: 3, fates: { read: 1 } },
      ]);
    }
  });

  it("says why a run has failed, whether the step or the run is told of first", () => {
    for (const order of orders([begins("run"), fails("No."), becomes("run", "failed", 2)])) {
      const log = new RunLog(10);
      order.forEach((notice) => log.take(notice));
      expect(log.rows[0]?.error?.title).toBe("No.");
    }
  });

  it("takes an end that is told while a page is under way to be newer than the page", () => {
    const log = new RunLog(10);
    log.take(becomes("run", "completed", 4));
    log.add([summary("run")]);
    expect(log.rows[0]?.status).toBe("completed");

    log.add([summary("run")]);
    expect(log.rows[0]?.status).toBe("completed");
  });

  it("goes on with a run that is tried again after its end", () => {
    const log = new RunLog(10);
    [begins("run"), fails("No."), becomes("run", "failed", 2)].forEach((each) => log.take(each));
    log.take(becomes("run", "running", 5));
    expect(log.rows[0]).toMatchObject({ status: "running", error: null, endedAt: null });
  });

  it("lets the oldest go when there are too many, and says so", () => {
    const log = new RunLog(50);
    for (let number = 0; number < 500; number += 1) {
      log.take(begins(`run${number}`, number % 60));
      log.take(comesTo("accepted", `unknown${number}`));
    }
    expect(log.rows).toHaveLength(50);
    expect(log.isCut).toBe(true);
    expect(log.rows.every(({ startedAt }) => startedAt >= at(53))).toBe(true);
  });

  it("asks for a sum when it does not know what was told of each step", () => {
    const log = new RunLog(10);
    log.add([summary("run", { fates: { accepted: 2 } })]);
    log.take(comesTo("read"));
    expect(log.isBehind).toBe(true);
    expect(log.rows[0]?.fates).toEqual({ accepted: 2 });
  });

  it("leaves out runs that belong to others, and gives the same rows while nothing changes", () => {
    const log = new RunLog(10, ({ flowId }) => flowId === "b");
    const before = log.rows;
    expect(log.take(begins("run"))).toBe(false);
    expect(log.rows).toBe(before);
  });
});
