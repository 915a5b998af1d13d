/** Any number of runs below each other, of which only those in sight are drawn. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { useEffect, useEffectEvent, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../shared/ui/Button";
import type { LiveLog, LogShown } from "./live";
import type { LoggedRun } from "./log";
import style from "./runs.module.css";

const NEAR_END = 10;

export function VirtualRuns({
  log,
  shown,
  label,
  lineHeight,
  children,
}: {
  log: LiveLog;
  shown: LogShown;
  label: string;
  lineHeight: number;
  children: (run: LoggedRun) => ReactNode;
}) {
  const { t } = useTranslation("runs");
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, hasMore, isLoading, newer } = shown;
  // eslint-disable-next-line react-hooks/incompatible-library -- drawn with each scroll, as meant
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    getItemKey: (at) => rows[at]?.id ?? at,
    overscan: 6,
  });
  const items = list.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const isNearEnd = hasMore && !isLoading && rows.length > 0 && last >= rows.length - NEAR_END;
  const more = useEffectEvent(() => void log.more());
  useEffect(() => {
    if (isNearEnd) more();
  }, [isNearEnd]);
  useEffect(() => () => log.hold(false), [log]);
  return (
    <div className={style["scrolled"]}>
      {newer > 0 && (
        <Button
          isSmall
          className={style["newer"]}
          onClick={() => {
            scroller.current?.scrollTo({ top: 0 });
            log.hold(false);
          }}
        >
          <ArrowUp size={14} aria-hidden />
          {t("newer", { count: newer })}
        </Button>
      )}
      <div
        ref={scroller}
        className={style["scroller"]}
        onScroll={(event) => log.hold(event.currentTarget.scrollTop > lineHeight / 2)}
      >
        <ul aria-label={label} className={style["virtual"]} style={{ height: list.getTotalSize() }}>
          {items.map((item) => {
            const run = rows[item.index];
            if (run === undefined) return null;
            return (
              <li
                key={item.key}
                aria-setsize={hasMore ? -1 : rows.length}
                aria-posinset={item.index + 1}
                style={{ transform: `translateY(${item.start}px)`, height: lineHeight }}
              >
                {children(run)}
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}
