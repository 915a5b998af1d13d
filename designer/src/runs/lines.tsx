/** A run as one line: its sign, what began it, when, how long, and what became of what it did. */

import { FlaskConical, RotateCcw } from "lucide-react";
import { memo, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useCatalog } from "../flow/catalog";
import type { Schemas } from "../shared/api/client";
import { useFormat } from "../shared/format";
import { Sign } from "../shared/ui/Sign";
import type { FateState, LoggedRun } from "./log";
import style from "./runs.module.css";

const TICK_MS = 10_000;
const FATES: readonly FateState[] = [
  "failed",
  "unknown",
  "accepted",
  "delivered",
  "read",
  "played",
];

let now = Date.now();
const watchers = new Set<() => void>();
let ticking = 0;

function watchTime(watcher: () => void): () => void {
  watchers.add(watcher);
  if (ticking === 0) {
    ticking = window.setInterval(() => {
      now = Date.now();
      watchers.forEach((each) => each());
    }, TICK_MS);
  }
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    window.clearInterval(ticking);
    ticking = 0;
  };
}

/** How long ago, kept true; exact for whoever points at it. */
export function Ago({ at }: { at: string }) {
  const format = useFormat();
  const shown = useSyncExternalStore(watchTime, () => now);
  const ago = Date.parse(at) > shown ? format.ago(at, Date.parse(at)) : format.ago(at, shown);
  return (
    <time dateTime={at} title={format.exact(at)} className={style["ago"]}>
      {ago}
    </time>
  );
}

/** A time to the minute, exact for whoever points at it. */
export function At({ at }: { at: string }) {
  const format = useFormat();
  return (
    <time dateTime={at} title={format.exact(at)}>
      {format.time(at)}
    </time>
  );
}

/** How many steps have come to which state, each with its sign. */
export function Fates({ fates }: { fates: Schemas["RunSummary"]["fates"] }) {
  const { t } = useTranslation("runs");
  const format = useFormat();
  const told = FATES.filter((state) => (fates[state] ?? 0) > 0);
  const isOne = told.length === 1 && fates[told[0] ?? "read"] === 1;
  return (
    <span className={style["fates"]}>
      {told.map((state) => (
        <Sign
          key={state}
          state={state}
          more={isOne ? "" : t("times", { number: format.number(fates[state] ?? 0) })}
        />
      ))}
    </span>
  );
}

/** What a run is called: the trigger that began it, and with whom it speaks. */
export function useBeginningOf(): (
  run: Pick<LoggedRun, "trigger" | "triggerType" | "conversation" | "eventId">,
) => string {
  const { t } = useTranslation("runs");
  const { components } = useCatalog();
  return ({ trigger, triggerType, conversation, eventId }) =>
    [
      components.get(triggerType ?? "")?.label ?? trigger,
      conversation ?? (eventId === null ? t("byHand") : ""),
    ]
      .filter((each) => each !== "")
      .join(" · ");
}

export function Marks({ run }: { run: Pick<LoggedRun, "isTest" | "isReplay"> }) {
  const { t } = useTranslation("runs");
  return (
    <>
      {run.isTest && (
        <span className={style["mark"]}>
          <FlaskConical size={12} aria-hidden />
          {t("test")}
        </span>
      )}
      {run.isReplay && (
        <span className={style["mark"]}>
          <RotateCcw size={12} aria-hidden />
          {t("replay")}
        </span>
      )}
    </>
  );
}

export const RunLine = memo(function RunLine({
  run,
  href,
  isChosen = false,
  flowName,
}: {
  run: LoggedRun;
  href: string;
  isChosen?: boolean;
  /** Shown where runs of several flows are listed. */
  flowName?: string;
}) {
  const format = useFormat();
  const beginningOf = useBeginningOf();
  return (
    <Link
      href={href}
      className={style["line"]}
      data-run={run.id}
      data-wide={flowName !== undefined}
      aria-current={isChosen ? "true" : undefined}
    >
      <Sign state={run.status} />
      {flowName !== undefined && <span className={style["flowName"]}>{flowName}</span>}
      <span className={style["began"]}>
        <Marks run={run} />
        <span className={style["cut"]}>{run.error?.title ?? beginningOf(run)}</span>
      </span>
      <Ago at={run.startedAt} />
      <span className={style["took"]}>
        {run.durationS === null ? "" : format.duration(run.durationS)}
      </span>
      <Fates fates={run.fates} />
    </Link>
  );
});
