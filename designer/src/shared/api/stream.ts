/** The engine's event stream: one connection for the page, shared by all that listen. */

import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

import type { Schemas } from "./client";

export interface Notices {
  open: Record<string, never>;
  missed: Schemas["Missed"];
  run: Schemas["RunChanged"];
  begun: Schemas["StepBegun"];
  step: Schemas["StepEnded"];
  fate: Schemas["FateTold"];
  flow: Schemas["FlowChanged"] | Schemas["FlowMarked"] | Schemas["FlowDeleted"];
  draft: Schemas["DraftChanged"] | Schemas["DraftDeleted"];
  account: Schemas["Account"] | Schemas["AccountDeleted"];
}

export type Kind = keyof Notices;
/** A notice with its kind, by which its content can be told apart. */
export type Notice = { [Of in Kind]: { kind: Of; content: Notices[Of] } }[Kind];
type Listener = (kind: Kind, content: never) => void;
export type Connection = "connecting" | "open" | "lost";

const KINDS: readonly Kind[] = [
  "open",
  "missed",
  "run",
  "begun",
  "step",
  "fate",
  "flow",
  "draft",
  "account",
];
const RETRY_MS = [500, 1_000, 2_000, 5_000];

/** Keeps the connection up; a browser by itself gives up after some answers. */
export class Stream {
  private source: EventSource | null = null;
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();
  private attempt = 0;
  private timer: number | undefined;
  state: Connection = "connecting";

  open(): void {
    if (this.source !== null) return;
    const source = new EventSource("/api/stream");
    this.source = source;
    for (const kind of KINDS) {
      source.addEventListener(kind, (event: MessageEvent<string | undefined>) => {
        // The browser's own `open` comes under the same name, without anything in it.
        if (event.data === undefined) return;
        if (kind === "open") {
          this.attempt = 0;
          this.become("open");
        }
        const content = JSON.parse(event.data) as never;
        this.listeners.forEach((listener) => listener(kind, content));
      });
    }
    source.onerror = () => {
      this.close();
      this.become("lost");
      this.timer = window.setTimeout(() => this.open(), RETRY_MS[this.attempt] ?? RETRY_MS.at(-1));
      this.attempt += 1;
    };
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Every notice, as one value. */
  follow(follower: (notice: Notice) => void): () => void {
    return this.listen((kind, content) => follower({ kind, content }));
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  private become(state: Connection): void {
    if (this.state === state) return;
    this.state = state;
    this.watchers.forEach((watcher) => watcher());
  }
}

export const stream = new Stream();

export function useConnection(): Connection {
  return useSyncExternalStore(stream.watch, () => stream.state);
}

/** Call back for notices of one kind, for as long as the part is on the page. */
export function useNotices<Of extends Kind>(kind: Of, tell: (content: Notices[Of]) => void): void {
  const latest = useEffectEvent(tell);
  useEffect(
    () =>
      stream.listen((told, content) => {
        if (told === kind) latest(content);
      }),
    [kind],
  );
}
