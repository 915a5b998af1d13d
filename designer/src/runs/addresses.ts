/** The addresses of runs within a flow: `/flows/FLOW/runs/RUN/steps/STEP`. */

import { useCallback } from "react";
import { useRoute } from "wouter";

export interface RunRoute {
  runId: string | undefined;
  /** By its name in the flow, or by its id. */
  step: string | undefined;
  addressOf: (runId: string, step?: string | null) => string;
}

export function useRunRoute(flowId: string): RunRoute {
  const [, run] = useRoute("/flows/:flow/runs/:run/*?");
  const [, step] = useRoute("/flows/:flow/runs/:run/steps/:step");
  const addressOf = useCallback(
    (runId: string, name: string | null = null) => {
      const home = `/flows/${encodeURIComponent(flowId)}/runs/${encodeURIComponent(runId)}`;
      return name === null ? home : `${home}/steps/${encodeURIComponent(name)}`;
    },
    [flowId],
  );
  return {
    runId: run === null ? undefined : decodeURIComponent(run.run),
    step: step === null ? undefined : decodeURIComponent(step.step),
    addressOf,
  };
}
