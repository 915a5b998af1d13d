/** What is known of a step once its service has told what became of it. */

import type { SignState } from "../shared/ui/Sign";
import type { Step } from "./run";

type Known = Pick<Step, "status" | "fate" | "error">;

/** What stands for a step: what became of what it did, or else how it ended. */
export function signOf(step: Known): SignState {
  const goesOn = step.status === "completed" || step.status === "unknown";
  return step.fate !== null && goesOn ? step.fate.state : step.status;
}

/** What went wrong, and still is so: that nobody knows is over once it is told. */
export function errorOf(step: Known): Step["error"] {
  const isOver = step.status === "unknown" && told(step) !== "unknown";
  return (isOver ? null : step.error) ?? step.fate?.error ?? null;
}

/** Whether it can be done again from its run: not what has happened or has failed since. */
export function canRetry(step: Known): boolean {
  if (step.status === "failed") return told(step) !== "failed";
  return step.status === "unknown" && told(step) === "unknown";
}

function told(step: Known): string {
  return step.fate?.state ?? "unknown";
}
