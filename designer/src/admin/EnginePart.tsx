import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useCatalog } from "../flow/catalog";
import type { Schemas } from "../shared/api/client";
import { useFormat } from "../shared/format";
import { buttonClass } from "../shared/ui/Button";
import { ErrorNote, Note } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import style from "./admin.module.css";
import { readiness, statistics } from "./queries";

/** How the engine does, what it holds, and what it keeps how long. */
export function EnginePart() {
  const { t } = useTranslation("admin");
  const { data, error } = useQuery(statistics);
  return (
    <>
      <Readiness />
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.engine != null && <State state={data.engine} />}
      <Connectors />
      <div className={style["row"]}>
        <a className={buttonClass()} href="/metrics" target="_blank" rel="noreferrer">
          <ExternalLink size={14} aria-hidden />
          {t("engine.metrics")}
        </a>
        <a className={buttonClass()} href="/api/openapi.json" target="_blank" rel="noreferrer">
          <ExternalLink size={14} aria-hidden />
          {t("engine.openapi")}
        </a>
      </div>
    </>
  );
}

function Readiness() {
  const { t } = useTranslation("admin");
  const { data } = useQuery(readiness);
  const troubles = Object.entries(data?.troubles ?? {});
  const leftOut = data?.status === "ready" ? data.leftOut : [];
  const isFine = data?.status === "ready" && troubles.length + leftOut.length === 0;
  return (
    <div className={style["readiness"]} role="status">
      {isFine && (
        <Note state="fine" title={t("engine.fine")} cause={t("engine.fineText")} cure="" />
      )}
      {data?.status === "not ready" && (
        <Note title={t("engine.notReady")} cause={data.reason} cure={t("engine.cure")} />
      )}
      {data?.status === "ready" &&
        troubles.map(([name, reason]) => (
          <Note
            key={name}
            state="advice"
            title={t("engine.trouble", { name })}
            cause={reason}
            cure={t("engine.troubleCure")}
          />
        ))}
      {leftOut.map((each) => (
        <Note
          key={each.entryPoint}
          state="advice"
          title={t("engine.leftOut", { name: each.distribution })}
          cause={each.reason}
          cure={t("engine.leftOutCure")}
        />
      ))}
    </div>
  );
}

function State({ state }: { state: Schemas["EngineState"] }) {
  const { t } = useTranslation("admin");
  const { number, bytes, ago, exact } = useFormat();
  return (
    <div className={style["panels"]}>
      <Facts title={t("engine.storage")}>
        <Fact name={t("engine.database")}>{bytes(state.databaseBytes)}</Fact>
        <Fact name={t("engine.files")}>
          {t("engine.filesOf", { count: state.files, size: bytes(state.filesBytes) })}
        </Fact>
        <Fact name={t("engine.free")}>{bytes(state.diskFreeBytes)}</Fact>
        <Fact name={t("engine.owners")}>{number(state.owners)}</Fact>
      </Facts>
      <Facts title={t("engine.events")}>
        <Fact name={t("engine.stored")}>{number(state.events)}</Fact>
        <Fact name={t("engine.last")}>
          {state.lastEventAt === null ? (
            t("engine.never")
          ) : (
            <time title={exact(state.lastEventAt)}>{ago(state.lastEventAt)}</time>
          )}
        </Fact>
        <Fact name={t("engine.unread")}>{number(state.unread)}</Fact>
        <Fact name={t("engine.unrouted")}>{number(state.unroutedYet)}</Fact>
      </Facts>
      <Facts title={t("engine.queue")}>
        <Fact name={t("engine.queued")}>{number(state.queued)}</Fact>
        <Fact name={t("engine.waiting")}>{number(state.waiting)}</Fact>
      </Facts>
      <Facts title={t("engine.kept")}>
        <Fact name={t("engine.keptRuns")}>
          {t("engine.days", { count: state.keptDays.runs ?? 0 })}
        </Fact>
        <Fact name={t("engine.keptEvents")}>
          {t("engine.days", { count: state.keptDays.events ?? 0 })}
        </Fact>
        <Fact name={t("engine.keptRest")}>{t("engine.untilDeleted")}</Fact>
      </Facts>
    </div>
  );
}

function Facts({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={style["panel"]} aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <dl className={style["facts"]}>{children}</dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Connectors() {
  const { t } = useTranslation("admin");
  const { connectors } = useCatalog();
  if (connectors.length === 0) return null;
  return (
    <Facts title={t("engine.connectors")}>
      {connectors.map((each) => (
        <Fact key={each.id} name={each.label}>
          {t("engine.version", { version: each.version, count: each.components.length })}
        </Fact>
      ))}
    </Facts>
  );
}
