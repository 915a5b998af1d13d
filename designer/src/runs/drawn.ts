/** What the canvas shows of the chosen run: the state of each step, and what left at each port. */

import { create } from "zustand";

import type { SignState } from "../shared/ui/Sign";
import { isSame } from "../shared/values";
import { signOf } from "./fates";
import type { Run, Step } from "./run";

export interface DrawnStep {
  state: SignState;
  /** How often it was done. */
  count: number;
}

export interface DrawnPort {
  count: number;
  first: unknown;
}

export interface Drawn {
  runId: string | null;
  steps: Readonly<Record<string, DrawnStep>>;
  /** By `portKey`. */
  ports: Readonly<Record<string, DrawnPort>>;
}

const NOTHING: Drawn = { runId: null, steps: {}, ports: {} };

// Of several times that a step was done, the one that asks for most attention is shown.
const URGENCY: readonly SignState[] = [
  "failed",
  "unknown",
  "running",
  "retrying",
  "paused",
  "held",
  "waiting",
  "queued",
  "accepted",
  "sent",
  "delivered",
  "read",
  "played",
  "completed",
];

export const useDrawn = create<Drawn>(() => NOTHING);

export function portKey(step: string, port: string): string {
  return `${step}.${port}`;
}

export function drawingOf(
  run: Run,
  steps: readonly Step[],
  underWay: Readonly<Record<string, string>>,
): Drawn {
  const states: [string, SignState][] = [
    ...steps.map((step): [string, SignState] => [step.component, signOf(step)]),
    ...run.waits
      .filter(({ component }) => component !== null)
      .map((wait): [string, SignState] => [
        wait.component ?? "",
        wait.status === "done" ? "completed" : wait.status,
      ]),
    ...Object.values(underWay).map((component): [string, SignState] => [component, "running"]),
  ];
  const drawn: Record<string, DrawnStep> = {};
  for (const [name, state] of states) {
    const before = drawn[name];
    const isUrgent = before === undefined || URGENCY.indexOf(state) < URGENCY.indexOf(before.state);
    drawn[name] = { state: isUrgent ? state : before.state, count: 0 };
  }
  const ports: Record<string, DrawnPort> = {};
  for (const step of steps) {
    const mark = drawn[step.component];
    if (mark !== undefined) mark.count += 1;
    for (const [port, values] of Object.entries(step.output ?? {})) {
      const key = portKey(step.component, port);
      const count = step.outputCounts?.[port] ?? values.length;
      if (count === 0) continue;
      const before = ports[key];
      ports[key] = {
        count: count + (before?.count ?? 0),
        first: before === undefined ? values[0] : before.first,
      };
    }
  }
  return { runId: run.id, steps: drawn, ports };
}

/** Draw a run; what is as it was stays the same thing, so that only what changes is drawn anew. */
export function draw(drawn: Drawn): void {
  const before = useDrawn.getState();
  useDrawn.setState(
    {
      runId: drawn.runId,
      steps: shared(before.steps, drawn.steps),
      ports: shared(before.ports, drawn.ports),
    },
    true,
  );
}

export function drawNothing(): void {
  useDrawn.setState(NOTHING, true);
}

function shared<Of>(
  before: Readonly<Record<string, Of>>,
  after: Readonly<Record<string, Of>>,
): Readonly<Record<string, Of>> {
  return Object.fromEntries(
    Object.entries(after).map(([key, value]) => {
      const old = before[key];
      return [key, old !== undefined && isSame(old, value) ? old : value];
    }),
  );
}
