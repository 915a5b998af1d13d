/** The steps of a run below each other, each with what it got, gave, and what went wrong. */

import { ChevronRight } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useCatalog } from "../flow/catalog";
import type { FlowDocument } from "../flow/document";
import { ComponentIcon } from "../palette/ComponentIcon";
import type { Schemas } from "../shared/api/client";
import { useFormat } from "../shared/format";
import { Button } from "../shared/ui/Button";
import { Note } from "../shared/ui/Note";
import { Sign } from "../shared/ui/Sign";
import { canRetry, errorOf, signOf } from "./fates";
import { Ago, At } from "./lines";
import { Mends } from "./Mends";
import { nameOf, stepNamed, type Run, type Step } from "./run";
import style from "./runs.module.css";
import { Value } from "./Value";

interface Shown {
  run: Run;
  steps: readonly Step[];
  version: FlowDocument | null | undefined;
}

export function Steps({
  run,
  steps,
  version,
  open,
  onOpen,
  hasMore,
  isLoadingMore,
  onMore,
}: Shown & {
  /** The step that the address names. */
  open: string | undefined;
  onOpen: (name: string | null) => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}) {
  const { t } = useTranslation("runs");
  const opened = open === undefined ? undefined : stepNamed(steps, open);
  return (
    <>
      {open !== undefined && opened === undefined && steps.length > 0 && (
        <p className="soft">{t("stepNotHere")}</p>
      )}
      <ol className={style["steps"]} aria-label={t("steps")}>
        {steps.map((step) => (
          <StepItem
            key={step.id}
            run={run}
            step={step}
            steps={steps}
            version={version}
            isOpen={opened?.id === step.id}
            isNamed={opened?.id === step.id}
            onToggle={(isOpen) => onOpen(isOpen ? nameOf(steps, step) : null)}
          />
        ))}
      </ol>
      {hasMore && (
        <Button onClick={onMore} disabled={isLoadingMore}>
          {t(isLoadingMore ? "loadingMore" : "moreSteps")}
        </Button>
      )}
    </>
  );
}

function StepItem({
  run,
  step,
  version,
  isOpen,
  isNamed,
  onToggle,
}: Shown & {
  step: Step;
  isOpen: boolean;
  isNamed: boolean;
  onToggle: (isOpen: boolean) => void;
}) {
  const { t } = useTranslation("runs");
  const format = useFormat();
  const component = useCatalog().components.get(step.type);
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isNamed) item.current?.scrollIntoView({ block: "nearest" });
  }, [isNamed]);
  const name = version?.components[step.component]?.label ?? step.component;
  const error = errorOf(step);
  const silent = step.fate?.silentSince ?? null;
  return (
    <li ref={item} className={style["step"]} data-step-id={step.id}>
      <button
        type="button"
        className={style["stepHead"]}
        aria-expanded={isOpen}
        onClick={() => onToggle(!isOpen)}
      >
        <ChevronRight size={14} aria-hidden className={style["chevron"]} />
        {component === undefined ? <span /> : <ComponentIcon component={component} size={20} />}
        <span className={style["stepName"]}>
          <strong>{name}</strong>
          <span className="soft">{component?.label ?? step.type}</span>
        </span>
        <Sign
          state={signOf(step)}
          more={step.attempt > 1 ? t("attempt", { number: step.attempt }) : ""}
        />
        <span className={style["ports"]}>
          <Ports step={step} />
        </span>
        <span className={style["took"]}>{format.duration(step.durationS)}</span>
      </button>
      {error !== null && (
        <div className={style["told"]}>
          <StepFailure error={error}>
            <Mends run={run} step={step} version={version} />
          </StepFailure>
        </div>
      )}
      {error === null && canRetry(step) && (
        <div className={style["told"]}>
          <Mends run={run} step={step} version={version} />
        </div>
      )}
      {silent !== null && step.fate !== null && (
        <div className={style["told"]}>
          <Note
            state="advice"
            title={t("silent", { time: format.duration(secondsSince(silent)) })}
            cause={t("silentCause")}
            cure=""
          >
            <Reasons reasons={step.fate.reasons} />
          </Note>
        </div>
      )}
      {isOpen && <StepData run={run} step={step} />}
    </li>
  );
}

function Ports({ step }: { step: Step }) {
  const format = useFormat();
  const { t } = useTranslation("runs");
  return Object.entries(step.output ?? {}).map(([port, values]) => {
    const count = step.outputCounts?.[port] ?? values.length;
    if (count === 0) return null;
    return (
      <span key={port} className={style["portName"]}>
        → {port}
        {count > 1 && ` ${t("times", { number: format.number(count) })}`}
      </span>
    );
  });
}

function Reasons({ reasons }: { reasons: Schemas["StepFate"]["reasons"] }) {
  return (
    <ul className={style["reasons"]}>
      {reasons.map((each) => (
        <li key={each.name} data-state={each.state}>
          <strong>{each.name}</strong> {each.finding} <span className="soft">{each.cure}</span>
        </li>
      ))}
    </ul>
  );
}

/** Why something failed: title, cause, cure, and by what the service finds it. */
export function StepFailure({
  error,
  children,
}: {
  error: Schemas["Failure"];
  children?: React.ReactNode;
}) {
  const { t } = useTranslation("runs");
  // What is empty is absent, whatever the description says of defaults.
  const given: Partial<Schemas["Failure"]> = error;
  const { title = "", cause = "", cure = "", code, trace = "" } = given;
  const details = [
    code == null ? "" : t("details", { code }),
    trace === "" ? "" : t("trace", { trace }),
  ].filter((each) => each !== "");
  return (
    <Note title={title} cause={cause} cure={cure}>
      {details.length > 0 && <small className="soft">{details.join(" · ")}</small>}
      {children}
    </Note>
  );
}

function StepData({ run, step }: { run: Run; step: Step }) {
  const { t } = useTranslation("runs");
  const ports = Object.entries(step.output ?? {}).filter(([, values]) => values.length > 0);
  return (
    <div className={style["data"]}>
      <p className="soft">
        {t("startedAt")} <At at={step.startedAt} />
        {step.fate !== null && (
          <>
            {" · "}
            <Sign state={step.fate.state} /> <Ago at={step.fate.at} />
          </>
        )}
      </p>
      {step.input === null ? (
        <p className="soft">{t(step.id === run.id ? "noInput" : "value.nothing")}</p>
      ) : (
        <Value label={t("input")} value={step.input} />
      )}
      {ports.length === 0 && <p className="soft">{t("noOutput")}</p>}
      {ports.map(([port, values]) => {
        const count = step.outputCounts?.[port] ?? values.length;
        return (
          <div key={port}>
            <Value
              label={`${t("output")} → ${port}`}
              value={values.length === 1 ? values[0] : values}
            />
            {count > values.length && (
              <p className="soft">{t("moreValues", { shown: values.length, count })}</p>
            )}
          </div>
        );
      })}
    </div>
  );
}

function secondsSince(iso: string): number {
  return Math.max(0, (Date.now() - Date.parse(iso)) / 1000);
}
