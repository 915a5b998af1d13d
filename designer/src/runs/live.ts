/** The log of runs on a page: fed by the stream, shown once a frame, its first page asked for. */

import { useEffect, useState, useSyncExternalStore } from "react";

import { api, take, type Schemas } from "../shared/api/client";
import { stream, type Notice } from "../shared/api/stream";
import { RunLog, type FateState, type LoggedRun, type RunState } from "./log";

export interface RunFilters {
  flowId?: string | undefined;
  status?: RunState | undefined;
  fate?: FateState | undefined;
  test?: boolean | undefined;
  since?: string | undefined;
  until?: string | undefined;
  search?: string | undefined;
}

export interface LogShown {
  rows: readonly LoggedRun[];
  hasMore: boolean;
  isLoading: boolean;
  error: unknown;
  /** How many runs began while the list was held. */
  newer: number;
}

const KEPT = 500;
const PAGE = 50;
const NOT_SOONER_MS = 2_000;
const SEARCH_NOT_SOONER_MS = 5_000;

export class LiveLog {
  private readonly log: RunLog;
  private readonly watchers = new Set<() => void>();
  private shown: LogShown = { rows: [], hasMore: false, isLoading: true, error: null, newer: 0 };
  private next: string | null = null;
  private frame = 0;
  private timer = 0;
  private askedAt = 0;
  private asked = 0;
  private isHeld = false;
  private newer = 0;

  constructor(private readonly filters: RunFilters) {
    this.log = new RunLog(KEPT, ({ flowId, begun }) => {
      if (this.isOthers(flowId, begun)) return false;
      if (this.isHeld) {
        this.newer += 1;
        this.publishSoon();
      }
      return !this.isHeld && this.isSimple;
    });
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  show = (): LogShown => this.shown;

  /** Ask for the first page and listen from now on. */
  open(): () => void {
    const stop = stream.follow((notice) => this.take(notice));
    void this.refresh();
    return () => {
      stop();
      this.asked += 1;
      window.clearTimeout(this.timer);
      cancelAnimationFrame(this.frame);
      this.timer = this.frame = 0;
    };
  }

  /** Keep the list as it is while somebody reads further down; runs that begin are counted. */
  hold(isHeld: boolean): void {
    if (this.isHeld === isHeld) return;
    this.isHeld = isHeld;
    if (!isHeld && this.newer > 0) {
      this.newer = 0;
      this.log.clear();
      void this.refresh();
    }
  }

  async more(): Promise<void> {
    const from = this.log.isCut ? (this.log.rows.at(-1)?.id ?? null) : this.next;
    if (from === null || this.shown.isLoading) return;
    this.publish({ isLoading: true });
    await this.ask(from);
  }

  async refresh(): Promise<void> {
    this.askedAt = performance.now();
    await this.ask(undefined);
  }

  private async ask(before: string | undefined): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    this.log.isBehind = false;
    const query = given(this.filters);
    try {
      const page = await take(
        api.GET("/api/runs", {
          params: {
            query: { ...query, ...(before !== undefined && { before }), limit: PAGE },
          },
        }),
      );
      if (mine !== this.asked) return;
      const isFirst = before === undefined;
      if (isFirst && !this.isSimple && this.log.rows.length <= PAGE) this.log.clear();
      if (!isFirst) this.log.grow(page.runs.length);
      const hadMore = this.next !== null && this.log.rows.length > PAGE;
      this.log.add(page.runs);
      if (!isFirst || !hadMore) this.next = page.next;
      this.publish({ isLoading: false, error: null });
    } catch (error) {
      if (mine === this.asked) this.publish({ isLoading: false, error });
    }
  }

  private take(notice: Notice): void {
    if (notice.kind === "missed" || notice.kind === "open") {
      this.refreshSoon();
      return;
    }
    if (this.log.take(notice)) this.publishSoon();
    const isOfRuns = notice.kind === "run" || notice.kind === "fate";
    const isUnclear = !this.isSimple && isOfRuns && !this.isHeld;
    if ((isUnclear && !this.isOthers(notice.content.flowId, null)) || this.log.isBehind) {
      this.refreshSoon();
    }
  }

  /** Whether a run that begins can be judged without asking. */
  private get isSimple(): boolean {
    const { status, fate, since, until, search } = this.filters;
    return [status, fate, since, until, search].every((each) => each === undefined);
  }

  private isOthers(flowId: string, begun: Schemas["RunBegun"] | null): boolean {
    const { flowId: wanted, test } = this.filters;
    if (wanted !== undefined && wanted !== flowId) return true;
    return test !== undefined && begun !== null && begun.isTest !== test;
  }

  private refreshSoon(): void {
    if (this.timer !== 0) return;
    const pause = this.filters.search === undefined ? NOT_SOONER_MS : SEARCH_NOT_SOONER_MS;
    const wait = Math.max(0, this.askedAt + pause - performance.now());
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      void this.refresh();
    }, wait);
  }

  private publishSoon(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.publish({});
    });
  }

  private publish(change: Partial<LogShown>): void {
    const { rows, isCut } = this.log;
    const hasMore = isCut || this.next !== null;
    this.shown = { ...this.shown, newer: this.newer, ...change, rows, hasMore };
    this.watchers.forEach((watcher) => watcher());
  }
}

type Given = { [Key in keyof RunFilters]?: Exclude<RunFilters[Key], undefined> };

function given(filters: RunFilters): Given {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}

/** The runs that are looked for; another search is another log. */
export function useLiveLog(filters: RunFilters): [LogShown, LiveLog] {
  const key = JSON.stringify(filters);
  const [made, setMade] = useState(() => ({ key, log: new LiveLog(filters) }));
  let { log } = made;
  if (made.key !== key) {
    log = new LiveLog(filters);
    setMade({ key, log });
  }
  useEffect(() => log.open(), [log]);
  return [useSyncExternalStore(log.watch, log.show), log];
}
