/** Below the canvas: the runs of this flow as they come, and the one that is chosen. */

import { ArrowLeft } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { buttonClass } from "../shared/ui/Button";
import { ErrorNote } from "../shared/ui/Note";
import { Sign } from "../shared/ui/Sign";
import { useRunRoute } from "./addresses";
import { Fates, Marks, RunLine } from "./lines";
import { useLiveLog } from "./live";
import { RunDetail } from "./RunDetail";
import style from "./runs.module.css";
import { VirtualRuns } from "./VirtualRuns";

const LINE = 32;

export function LiveRuns({ flowId }: { flowId: string }) {
  const { t } = useTranslation("runs");
  const [, navigate] = useLocation();
  const { runId, step, addressOf } = useRunRoute(flowId);
  const [shown, log] = useLiveLog({ flowId });
  const home = `/flows/${encodeURIComponent(flowId)}`;
  return (
    <section aria-label={t("live")} className={style["drawer"]} data-chosen={runId !== undefined}>
      <div className={style["log"]}>
        <header className={style["drawerHead"]}>
          <h2>{t("live")}</h2>
          <Link href={`/runs?flow=${encodeURIComponent(flowId)}`}>{t("allOfFlow")}</Link>
        </header>
        {shown.error !== null && <ErrorNote error={shown.error} />}
        {shown.rows.length === 0 && !shown.isLoading && shown.error === null && (
          <p className={style["nothing"]}>{t("empty.flow")}</p>
        )}
        <VirtualRuns log={log} shown={shown} label={t("live")} lineHeight={LINE}>
          {(run) => <RunLine run={run} href={addressOf(run.id)} isChosen={run.id === runId} />}
        </VirtualRuns>
      </div>
      {runId !== undefined && (
        <section aria-label={t("chosen")} className={style["chosen"]}>
          <RunDetail
            id={runId}
            open={step}
            onOpen={(name) => navigate(addressOf(runId, name), { replace: true })}
            addressOf={addressOf}
          >
            {(run) => (
              <header className={style["drawerHead"]}>
                <Sign state={run.status} />
                <Marks run={run} />
                <Fates fates={run.fates} />
                <Link href={`/runs/${run.id}`}>{t("actions.open")}</Link>
                <Link href={home} className={buttonClass("quiet", true)}>
                  <ArrowLeft size={14} aria-hidden />
                  {t("close")}
                </Link>
              </header>
            )}
          </RunDetail>
        </section>
      )}
    </section>
  );
}
