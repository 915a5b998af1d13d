/** One run at its own address: `/runs/RUN`, and `/runs/RUN/steps/STEP` with a step open. */

import { useTranslation } from "react-i18next";
import { Link, useLocation, useRoute } from "wouter";

import { useFormat } from "../shared/format";
import { buttonClass } from "../shared/ui/Button";
import { Page } from "../shared/ui/Page";
import { Sign } from "../shared/ui/Sign";
import { At, Fates, Marks, useBeginningOf } from "./lines";
import { useFollowed, useRun, type Run } from "./run";
import { Facts, RunDetail } from "./RunDetail";
import style from "./runs.module.css";

export default function RunPage({ id }: { id: string }) {
  const { t } = useTranslation("runs");
  const [, navigate] = useLocation();
  const [, named] = useRoute("/runs/:id/steps/:step");
  useFollowed(id);
  const { run } = useRun(id);
  const here = addressOf(id);
  return (
    <Page
      title={run === undefined ? t("runId") : t("lineOf", { what: run.flowName ?? run.flowId })}
      actions={
        run !== undefined &&
        run.flowName !== null && (
          <Link
            href={`/flows/${encodeURIComponent(run.flowId)}/runs/${id}`}
            className={buttonClass()}
          >
            {t("actions.flow")}
          </Link>
        )
      }
    >
      <RunDetail
        id={id}
        open={named === null ? undefined : decodeURIComponent(named.step)}
        onOpen={(step) =>
          navigate(step === null ? here : `${here}/steps/${encodeURIComponent(step)}`)
        }
        addressOf={addressOf}
      >
        {(shown) => <About run={shown} />}
      </RunDetail>
    </Page>
  );
}

function addressOf(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}

type Fact = [string, React.ReactNode];

function About({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const format = useFormat();
  const beginningOf = useBeginningOf();
  const flow = encodeURIComponent(run.flowId);
  return (
    <>
      <p className={style["state"]} role="status">
        <Sign state={run.status} />
        <Marks run={run} />
        <Fates fates={run.fates} />
      </p>
      <Facts
        facts={[
          [
            t("flow"),
            run.flowName === null ? (
              `${run.flowId} (${t("flowGone")})`
            ) : (
              <>
                <Link href={`/flows/${flow}`}>{run.flowName}</Link> ·{" "}
                {run.isTest ? (
                  t("testVersion")
                ) : (
                  <Link href={`/flows/${flow}/runs/${run.id}`}>
                    {t("version", { version: run.version })}
                  </Link>
                )}
              </>
            ),
          ],
          [t("begun"), beginningOf(run)],
          ...(run.likeRunId === null
            ? []
            : [
                [
                  t("likeRun"),
                  <Link key="like" href={addressOf(run.likeRunId)}>
                    <code>{run.likeRunId}</code>
                  </Link>,
                ] satisfies Fact,
              ]),
          ...(run.eventKey === null ? [] : [[t("event"), run.eventKey] satisfies [string, string]]),
          [t("startedAt"), <At key="at" at={run.startedAt} />],
          [t("duration"), run.durationS === null ? t("notOver") : format.duration(run.durationS)],
          [t("steps"), format.number(run.stepCount)],
          [t("runId"), <code key="id">{run.id}</code>],
          ...(run.temporalUrl === null
            ? []
            : [[t("temporal"), <Elsewhere key="temporal" url={run.temporalUrl} />] satisfies Fact]),
        ]}
      />
    </>
  );
}

function Elsewhere({ url }: { url: string }) {
  const { t } = useTranslation("runs");
  return (
    <a href={url} target="_blank" rel="noreferrer">
      {t("temporalPage")}
    </a>
  );
}
