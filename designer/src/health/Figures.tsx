/** Numbers at a glance: runs and what became of what they sent; for the administrator the engine. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useFormat } from "../shared/format";
import type { Schemas } from "../shared/api/client";
import { isSignState, Sign } from "../shared/ui/Sign";
import style from "./health.module.css";
import { statistics } from "./health";

export function Figures() {
  const { t } = useTranslation("health");
  const { data } = useQuery(statistics);
  if (data === undefined) return null;
  return (
    <section className={style["section"]}>
      <h2>{t("figures.title")}</h2>
      <div className={style["figures"]}>
        <Span title={t("figures.day")} counts={data.day} />
        <Span title={t("figures.week")} counts={data.week} />
        {data.engine !== null && <Engine state={data.engine} />}
      </div>
    </section>
  );
}

function Span({ title, counts }: { title: string; counts: Schemas["SpanCounts"] }) {
  const { t } = useTranslation("health");
  const format = useFormat();
  const runs = Object.values(counts.runs).reduce((sum, each) => sum + each, 0);
  return (
    <div className={style["figure"]}>
      <h3>{title}</h3>
      <p className={style["number"]}>
        <strong>{format.number(runs)}</strong> {t("figures.runs", { count: runs })}
        {!counts.isWhole && ` ${t("figures.newest")}`}
      </p>
      <States title={t("figures.ended")} counts={counts.runs} />
      <States title={t("figures.sent")} counts={counts.fates} />
      {counts.tests > 0 && (
        <p className="soft">
          {t("figures.tests", { count: counts.tests, number: format.number(counts.tests) })}
        </p>
      )}
    </div>
  );
}

function States({ title, counts }: { title: string; counts: Record<string, number> }) {
  const format = useFormat();
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  if (told.length === 0) return null;
  return (
    <div>
      <p className="soft">{title}</p>
      <ul className={style["states"]}>
        {told.map(([state, count]) => (
          <li key={state}>
            {isSignState(state) ? <Sign state={state} /> : state} {format.number(count)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Engine({ state }: { state: Schemas["EngineState"] }) {
  const { t } = useTranslation("health");
  const format = useFormat();
  const figures = {
    database: format.bytes(state.databaseBytes),
    disk: format.bytes(state.diskFreeBytes),
    files: `${format.number(state.files)} · ${format.bytes(state.filesBytes)}`,
    owners: format.number(state.owners),
    events: format.number(state.events),
    lastEvent: state.lastEventAt === null ? t("figures.never") : format.time(state.lastEventAt),
    queued: format.number(state.queued),
    waiting: format.number(state.waiting),
    unread: format.number(state.unread),
    unrouted: format.number(state.unroutedYet),
    runsKept: t("figures.days", { count: state.keptDays["runs"] ?? 0 }),
    eventsKept: t("figures.days", { count: state.keptDays["events"] ?? 0 }),
  };
  return (
    <div className={style["figure"]}>
      <h3>{t("figures.engine")}</h3>
      <dl className={style["facts"]}>
        {(Object.keys(figures) as (keyof typeof figures)[]).map((name) => (
          <div key={name}>
            <dt className="soft">{t(`figures.${name}`)}</dt>
            <dd>{figures[name]}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
