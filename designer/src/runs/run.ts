/** One run: asked for, followed by the stream, and what its steps are called. */

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { create } from "zustand";

import type { FlowDocument } from "../flow/document";
import { api, ApiError, take, type Schemas } from "../shared/api/client";
import { askAgain, run } from "../shared/api/queries";
import { stream } from "../shared/api/stream";

export type Run = Schemas["Run"];
export type Step = Schemas["Step"];

const LOOK_AFTER_MS = 100;
const NOT_SOONER_MS = 500;
const LONG_NOT_SOONER_MS = 2_000;
const FIRST_STEPS = 100;
const MAX_UNDER_WAY = 200;

/** The steps that are done right now, by id, with their name in the flow. */
export const useUnderWay = create<Readonly<Record<string, string>>>(() => ({}));

/** Keep a run up to date for as long as it is shown. */
export function useFollowed(id: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    if (id === undefined) return;
    let timer = 0;
    let asked = 0;
    const look = () => {
      timer = 0;
      asked = performance.now();
      void askAgain({ queryKey: ["runs", id] });
    };
    const stop = stream.follow((notice) => {
      const { content } = notice;
      if (!("runId" in content) || content.runId !== id) return;
      noteUnderWay(notice.kind, content);
      if (timer !== 0) return;
      const known = client.getQueryData(run(id).queryKey);
      const isLong = (known?.stepCount ?? 0) > FIRST_STEPS;
      const sooner = asked + (isLong ? LONG_NOT_SOONER_MS : NOT_SOONER_MS) - performance.now();
      timer = window.setTimeout(look, Math.max(LOOK_AFTER_MS, sooner));
    });
    return () => {
      stop();
      window.clearTimeout(timer);
      useUnderWay.setState({}, true);
    };
  }, [client, id]);
}

function noteUnderWay(kind: string, content: object): void {
  if (!("stepId" in content) || typeof content.stepId !== "string") return;
  const { stepId } = content;
  const before = useUnderWay.getState();
  if (kind === "begun" && "component" in content && typeof content.component === "string") {
    const entries = [...Object.entries(before), [stepId, content.component] as const];
    useUnderWay.setState(Object.fromEntries(entries.slice(-MAX_UNDER_WAY)), true);
  } else if (kind === "step" && stepId in before) {
    const rest = Object.entries(before).filter(([each]) => each !== stepId);
    useUnderWay.setState(Object.fromEntries(rest), true);
  }
}

/** A run with as many of its steps as were asked for, as they began one after the other. */
export function useRun(id: string | undefined) {
  const found = useQuery({ ...run(id ?? ""), enabled: id !== undefined, retry: onlyOffline });
  const isLong = (found.data?.stepCount ?? 0) > FIRST_STEPS;
  const pages = useInfiniteQuery({
    queryKey: ["runs", id, "steps"],
    enabled: isLong,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/runs/{run_id}/steps", {
          params: {
            path: { run_id: id ?? "" },
            query: { limit: FIRST_STEPS, ...(pageParam !== undefined && { after: pageParam }) },
          },
        }),
      ),
    getNextPageParam: (last) =>
      last.steps.length < FIRST_STEPS ? undefined : (last.next ?? undefined),
  });
  const listed = isLong
    ? (pages.data?.pages.flatMap((page) => page.steps) ?? found.data?.steps ?? [])
    : (found.data?.steps ?? []);
  const steps = [...new Map(listed.map((step) => [step.id, step])).values()].sort(byBeginning);
  return {
    run: found.data,
    steps,
    error: found.error,
    hasMore: isLong && pages.hasNextPage,
    isLoadingMore: pages.isFetchingNextPage,
    more: () => void pages.fetchNextPage(),
  };
}

function byBeginning(one: Step, other: Step): number {
  if (one.startedAt !== other.startedAt) return one.startedAt < other.startedAt ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

function onlyOffline(count: number, error: Error): boolean {
  return count < 2 && error instanceof ApiError && error.isOffline;
}

/** The flow's version that ran, as it was; null when it is not kept any more. */
export function useVersionOf(ran: Pick<Run, "flowId" | "version"> | undefined) {
  const { flowId, version } = ran ?? {};
  return useQuery({
    queryKey: ["flows", flowId, "versions", version],
    staleTime: Infinity,
    queryFn: async () => {
      if (flowId === undefined || version === undefined) return null;
      const path = { flow_id: flowId, version };
      try {
        const found = await take(
          api.GET("/api/flows/{flow_id}/versions/{version}", { params: { path } }),
        );
        return found.document as FlowDocument;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
  });
}

/** The step that an address names: by its id, or by its name in the flow. */
export function stepNamed(steps: readonly Step[], name: string): Step | undefined {
  return (
    steps.find(({ id }) => id === name) ?? steps.findLast(({ component }) => component === name)
  );
}

/** How an address names a step: by its name in the flow, where that is enough. */
export function nameOf(steps: readonly Step[], step: Step): string {
  const isOnly = steps.every(({ id, component }) => id === step.id || component !== step.component);
  return isOnly ? step.component : step.id;
}
