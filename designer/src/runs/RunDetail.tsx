/** One run, wherever it is shown: what went wrong, what it waits for, and its steps. */

import { useTranslation } from "react-i18next";

import { useFormat } from "../shared/format";
import { ErrorNote } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import { Sign } from "../shared/ui/Sign";
import { RunActions } from "./RunActions";
import { useRun, useVersionOf, type Run } from "./run";
import style from "./runs.module.css";
import { StepFailure, Steps } from "./Steps";

export function RunDetail({
  id,
  open,
  onOpen,
  addressOf,
  children,
}: {
  id: string;
  /** The step that is open. */
  open: string | undefined;
  onOpen: (step: string | null) => void;
  addressOf: (runId: string) => string;
  /** What stands above the steps. */
  children: (run: Run) => React.ReactNode;
}) {
  const { run, steps, error, hasMore, isLoadingMore, more } = useRun(id);
  const version = useVersionOf(run);
  if (error !== null) return <ErrorNote error={error} />;
  if (run === undefined) return <Loading />;
  const isToldByStep = steps.some((step) => step.error?.title === run.error?.title);
  return (
    <div className={style["detail"]}>
      {children(run)}
      {run.error !== null && !isToldByStep && <StepFailure error={run.error} />}
      <RunActions run={run} addressOf={addressOf} />
      <Waits run={run} />
      <OpenLists run={run} />
      <Steps
        run={run}
        steps={steps}
        version={version.data}
        open={open}
        onOpen={onOpen}
        hasMore={hasMore}
        isLoadingMore={isLoadingMore}
        onMore={more}
      />
    </div>
  );
}

function Waits({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  if (run.waits.length === 0) return null;
  const left = run.waitCount - run.waits.length;
  return (
    <section aria-label={t("waits")}>
      <ul className={style["waits"]}>
        {run.waits.map((wait, at) => (
          <li key={at}>
            <Sign state={wait.status === "done" ? "completed" : wait.status} />
            <strong>{wait.component ?? t("beginning")}</strong>
            {wait.reason !== "" && <span>{wait.reason}</span>}
            {wait.key !== null && wait.reason === "" && (
              <span className="soft">{t("waitsFor", { key: wait.key })}</span>
            )}
            {wait.until !== null && <Until at={wait.until} />}
          </li>
        ))}
        {left > 0 && <li className="soft">{t("moreWaits", { count: left })}</li>}
      </ul>
    </section>
  );
}

function Until({ at }: { at: string }) {
  const { t } = useTranslation("runs");
  const format = useFormat();
  return (
    <time dateTime={at} title={format.exact(at)} className="soft">
      {t("until", { time: format.time(at) })}
    </time>
  );
}

function OpenLists({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const format = useFormat();
  if (run.lists.length === 0) return null;
  return (
    <section aria-label={t("lists")}>
      <h2>{t("lists")}</h2>
      <ul className={style["waits"]}>
        {run.lists.map((list) => (
          <li key={list.stepId}>
            <strong>{list.component}</strong>
            <progress
              value={list.begun}
              max={Math.max(1, list.steps)}
              aria-label={list.component}
            />
            <span>
              {t("listOf", {
                begun: format.number(list.begun),
                steps: format.number(list.steps),
                values: format.number(list.values),
              })}
              {list.atOnce !== null && ` · ${t("atOnce", { count: list.atOnce })}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The facts of a run, as a list of names and values. */
export function Facts({ facts }: { facts: [string, React.ReactNode][] }) {
  return (
    <dl className={style["facts"]}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
