/** What runs are looked for, as it stands in the address: a link shows the same. */

import { useMemo } from "react";
import { useSearchParams } from "wouter";

import type { RunFilters } from "./live";
import type { FateState, RunState } from "./log";

export const STATES: readonly RunState[] = [
  "running",
  "waiting",
  "paused",
  "held",
  "completed",
  "failed",
  "unknown",
  "cancelled",
];
export const FATES: readonly FateState[] = [
  "accepted",
  "delivered",
  "read",
  "played",
  "failed",
  "unknown",
];

export type Filter = "search" | "state" | "fate" | "flow" | "kind" | "from" | "to";

export interface Filters {
  /** As they stand in the address; what is not set is empty. */
  texts: Record<Filter, string>;
  wanted: RunFilters;
  isAny: boolean;
  set: (name: Filter, text: string) => void;
  clear: () => void;
}

export function filtersOf(params: URLSearchParams): Pick<Filters, "texts" | "wanted" | "isAny"> {
  const text = (name: Filter) => params.get(name) ?? "";
  const texts = {
    search: text("search"),
    state: text("state"),
    fate: text("fate"),
    flow: text("flow"),
    kind: text("kind"),
    from: text("from"),
    to: text("to"),
  };
  const wanted: RunFilters = {
    flowId: texts.flow || undefined,
    status: STATES.find((each) => each === texts.state),
    fate: FATES.find((each) => each === texts.fate),
    test: texts.kind === "test" ? true : texts.kind === "real" ? false : undefined,
    since: timeOf(texts.from),
    until: timeOf(texts.to),
    search: texts.search.trim() || undefined,
  };
  return { texts, wanted, isAny: Object.values(texts).some((each) => each !== "") };
}

/** What a field for day and time holds, which is meant where the reader is. */
function timeOf(local: string): string | undefined {
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

export function useFilters(): Filters {
  const [params, setParams] = useSearchParams();
  const found = useMemo(() => filtersOf(params), [params]);
  return {
    ...found,
    set: (name, text) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (text === "") after.delete(name);
          else after.set(name, text);
          return after;
        },
        { replace: true },
      ),
    clear: () => setParams(new URLSearchParams()),
  };
}
