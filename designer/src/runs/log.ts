/** The newest runs, kept up to date by notices: bounded, and right whatever comes first. */

import type { Schemas } from "../shared/api/client";
import type { Notice } from "../shared/api/stream";

export type RunState = Schemas["RunState"];
export type FateState = Schemas["StepFate"]["state"];
type Fates = Schemas["RunSummary"]["fates"];

/** A run as a line of the log. */
export interface LoggedRun extends Omit<Schemas["RunSummary"], "fates"> {
  fates: Fates;
  /** The time of what was told last of its state. */
  changedAt: string;
  /** What was told of each step; null when that is not known of all of them. */
  told: ReadonlyMap<string, FateState> | null;
  /** Of the step that failed last. */
  stepError: Schemas["Failure"] | null;
}

// As the engine has them follow one another.
const RANKS: Record<FateState, number> = {
  unknown: 0,
  accepted: 1,
  delivered: 2,
  read: 3,
  played: 4,
  failed: 5,
};
const ENDS: ReadonlySet<RunState> = new Set(["completed", "failed", "unknown", "cancelled"]);
const MAX_TOLD_STEPS = 200;
const MAX_EARLY_RUNS = 200;
const MAX_EARLY_NOTICES = 20;

export function isOver(state: RunState): boolean {
  return ENDS.has(state);
}

export class RunLog {
  private readonly runs = new Map<string, LoggedRun>();
  /** What was told of runs that are not in the log, or not yet. */
  private readonly early = new Map<string, Notice[]>();
  private sorted: readonly LoggedRun[] | null = [];
  /** Something was told that only the server can sum up. */
  isBehind = false;
  /** Older runs were let go, so there is more behind the last one. */
  isCut = false;

  constructor(
    private max: number,
    /** Whether a run that begins belongs here. */
    private readonly belongs: (begun: Schemas["RunChanged"]) => boolean = () => true,
  ) {}

  /** The newest first; the same array for as long as nothing has changed. */
  get rows(): readonly LoggedRun[] {
    this.sorted ??= [...this.runs.values()].sort(newestFirst);
    return this.sorted;
  }

  /** Forget everything but what is told of runs to come. */
  clear(): void {
    this.runs.clear();
    this.isCut = false;
    this.sorted = [];
  }

  /** Take a page of the list in; what was told since then is newer than what it says. */
  add(page: readonly Schemas["RunSummary"][]): void {
    for (const summary of page) {
      const known = this.runs.get(summary.id);
      this.runs.set(summary.id, known === undefined ? fromPage(summary) : merged(known, summary));
      this.sorted = null;
      this.takeEarly(summary.id);
    }
    this.trim();
  }

  /** Room for what somebody has asked for beyond what is kept by itself. */
  grow(by: number): void {
    this.max += by;
  }

  /** Take a notice in; true when a line is not as it was. */
  take(notice: Notice): boolean {
    switch (notice.kind) {
      case "run": {
        const { runId, begun } = notice.content;
        if (begun !== null && !this.runs.has(runId)) {
          if (!this.belongs(notice.content)) return false;
          this.runs.set(runId, fromBeginning(notice.content, begun));
          this.sorted = null;
          this.takeEarly(runId);
          this.trim();
          return true;
        }
        return this.change(runId, notice, (run) =>
          begun === null ? withState(run, notice.content) : run,
        );
      }
      case "step": {
        const { runId, state, error } = notice.content;
        if (state !== "failed") return false;
        return this.change(runId, notice, (run) => ({
          ...run,
          stepError: error,
          error: run.status === "failed" ? (run.error ?? error) : run.error,
        }));
      }
      case "fate":
        return this.change(notice.content.runId, notice, (run) =>
          this.withFate(run, notice.content.stepId, notice.content.fate.state),
        );
      default:
        return false;
    }
  }

  private change(runId: string, notice: Notice, edit: (run: LoggedRun) => LoggedRun): boolean {
    const run = this.runs.get(runId);
    if (run === undefined) {
      this.keepEarly(runId, notice);
      return false;
    }
    const changed = edit(run);
    if (changed === run) return false;
    this.runs.set(runId, changed);
    this.sorted = null;
    return true;
  }

  private withFate(run: LoggedRun, stepId: string, state: FateState): LoggedRun {
    const before = run.told?.get(stepId);
    if (before !== undefined && RANKS[before] >= RANKS[state]) return run;
    if (run.told === null || (before === undefined && run.told.size === MAX_TOLD_STEPS)) {
      this.isBehind = true;
      return run.told === null ? run : { ...run, told: null };
    }
    const told = new Map(run.told).set(stepId, state);
    const fates: Fates = {};
    for (const each of told.values()) fates[each] = (fates[each] ?? 0) + 1;
    return { ...run, told, fates };
  }

  private keepEarly(runId: string, notice: Notice): void {
    const kept = this.early.get(runId) ?? [];
    this.early.delete(runId);
    this.early.set(runId, [...kept, notice].slice(-MAX_EARLY_NOTICES));
    const [oldest] = this.early.keys();
    if (this.early.size > MAX_EARLY_RUNS && oldest !== undefined) this.early.delete(oldest);
  }

  private takeEarly(runId: string): void {
    const kept = this.early.get(runId);
    this.early.delete(runId);
    kept?.forEach((notice) => this.take(notice));
  }

  private trim(): void {
    if (this.runs.size <= this.max) return;
    for (const { id } of this.rows.slice(this.max)) this.runs.delete(id);
    this.isCut = true;
    this.sorted = null;
  }
}

function newestFirst(one: LoggedRun, other: LoggedRun): number {
  if (one.startedAt !== other.startedAt) return one.startedAt < other.startedAt ? 1 : -1;
  return one.id < other.id ? 1 : -1;
}

function fromPage(summary: Schemas["RunSummary"]): LoggedRun {
  const isNothingTold = Object.keys(summary.fates).length === 0;
  return {
    ...summary,
    changedAt: summary.endedAt ?? summary.startedAt,
    told: isNothingTold ? new Map() : null,
    stepError: null,
  };
}

function merged(known: LoggedRun, summary: Schemas["RunSummary"]): LoggedRun {
  const fresh = fromPage(summary);
  const isNewer = known.changedAt > fresh.changedAt;
  return {
    ...fresh,
    ...(isNewer && {
      status: known.status,
      endedAt: known.endedAt,
      durationS: known.durationS,
      error: known.error,
      changedAt: known.changedAt,
    }),
    ...(known.told !== null && known.told.size > 0 && { told: known.told, fates: known.fates }),
    stepError: known.stepError,
  };
}

function fromBeginning(told: Schemas["RunChanged"], begun: Schemas["RunBegun"]): LoggedRun {
  const hasEnded = isOver(told.state);
  return {
    id: told.runId,
    flowId: told.flowId,
    flowName: null,
    ...begun,
    isReplay: begun.likeRunId !== null,
    status: told.state,
    startedAt: told.at,
    endedAt: hasEnded ? told.at : null,
    durationS: hasEnded ? 0 : null,
    fates: {},
    changedAt: told.at,
    told: new Map(),
    stepError: null,
  };
}

function withState(run: LoggedRun, { state, at }: Schemas["RunChanged"]): LoggedRun {
  const isOld = at < run.changedAt || (at === run.changedAt && isOver(run.status));
  if (isOld || state === run.status) return run;
  const hasEnded = isOver(state);
  return {
    ...run,
    status: state,
    changedAt: at,
    endedAt: hasEnded ? at : null,
    durationS: hasEnded ? (Date.parse(at) - Date.parse(run.startedAt)) / 1000 : null,
    error: state === "failed" ? run.stepError : null,
  };
}
