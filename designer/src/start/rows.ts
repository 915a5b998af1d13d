/** The flows of an owner as one list: those that are stored, and drafts that are not yet. */

import { queryOptions } from "@tanstack/react-query";

import type { FlowDocument } from "../flow/document";
import { api, take, type Schemas } from "../shared/api/client";

export type RowState = "running" | "stopped" | "fault" | "draft";

export interface Row {
  id: string;
  name: string;
  state: RowState;
  /** Why it does not run. */
  reason: string;
  marks: Schemas["Fault"][];
  /** The newest version, and the one that runs; null for a mere draft. */
  version: number | null;
  runningVersion: number | null;
  hasDraft: boolean;
  changedAt: string;
  /** What the picture is drawn from, and changes with. */
  etag: string;
  runs: number;
  failures: number;
}

export const SORTS = ["changed", "name", "state", "runs", "failures"] as const;
export type Sort = (typeof SORTS)[number];

const STATES: readonly RowState[] = ["fault", "running", "stopped", "draft"];

export function rowsOf(
  { flows, drafts }: Schemas["FlowList"],
  counts: readonly Schemas["FlowCounts"][],
): Row[] {
  const drafted = new Map(drafts.map((each) => [each.id, each]));
  const counted = new Map(counts.map((each) => [each.flowId, each.runs]));
  const stored = flows.map((each): Row => {
    const draft = drafted.get(each.id);
    drafted.delete(each.id);
    const isAtFault = each.state === "stopped" && each.reason !== "";
    return {
      id: each.id,
      name: each.name,
      state: isAtFault ? "fault" : each.state,
      reason: each.reason,
      marks: each.marks,
      version: each.version,
      runningVersion: each.runningVersion,
      hasDraft: draft !== undefined,
      changedAt: later(each.updatedAt, draft?.updatedAt),
      etag: each.etag,
      ...countsOf(counted.get(each.id)),
    };
  });
  const others = [...drafted.values()].map((each): Row => ({
    id: each.id,
    name: each.name || each.id,
    state: "draft",
    reason: "",
    marks: [],
    version: null,
    runningVersion: null,
    hasDraft: true,
    changedAt: each.updatedAt,
    etag: each.etag,
    ...countsOf(counted.get(each.id)),
  }));
  return [...stored, ...others];
}

function countsOf(runs: Record<string, number> = {}): { runs: number; failures: number } {
  const all = Object.values(runs).reduce((sum, each) => sum + each, 0);
  return { runs: all, failures: runs["failed"] ?? 0 };
}

function later(one: string, other: string | undefined): string {
  return other !== undefined && other > one ? other : one;
}

/** Those in whose name all words are, in the order that is wanted. */
export function arrangedRows(rows: readonly Row[], search: string, sort: Sort): Row[] {
  const words = search.trim().toLocaleLowerCase().split(/\s+/);
  const fit = rows.filter(({ id, name }) => {
    const known = `${name}\n${id}`.toLocaleLowerCase();
    return words.every((word) => known.includes(word));
  });
  const byName = (one: Row, other: Row) =>
    one.name.localeCompare(other.name, undefined, { numeric: true });
  const orders: Record<Sort, (one: Row, other: Row) => number> = {
    changed: (one, other) => other.changedAt.localeCompare(one.changedAt),
    name: byName,
    state: (one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state),
    runs: (one, other) => other.runs - one.runs,
    failures: (one, other) => other.failures - one.failures,
  };
  return fit.sort((one, other) => orders[sort](one, other) || byName(one, other));
}

/** The document behind a row: of a stored flow its newest version. */
export function documentOf({ id, state, etag }: Pick<Row, "id" | "state" | "etag">) {
  const isDraft = state === "draft";
  return queryOptions({
    queryKey: ["document", id, etag, isDraft],
    queryFn: () => fetchDocument(id, isDraft),
    staleTime: Infinity,
  });
}

export async function fetchDocument(id: string, isDraft: boolean): Promise<FlowDocument> {
  const params = { params: { path: { flow_id: id } } };
  const { document } = isDraft
    ? await take(api.GET("/api/flows/{flow_id}/draft", params))
    : await take(api.GET("/api/flows/{flow_id}", params));
  return document as FlowDocument;
}
