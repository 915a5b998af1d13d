import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ExternalLink, RotateCw } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormat } from "../shared/format";
import { Button, buttonClass, classes } from "../shared/ui/Button";
import { ErrorNote, Note } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import style from "./admin.module.css";
import { CopyField } from "./CopyField";
import { KeyField } from "./KeyField";
import { Finding, StepMark } from "./Marks";
import { setup, type Step } from "./queries";
import { findingOf, originOf, otherFindings } from "./setup-state";

const PUBLIC_URL = "APPMIXER_PUBLIC_URL";
const ENGINE_ADDRESS = "engine:address";

/** What is done once, each step with what is found of it now. */
export function SetupPart() {
  const { t } = useTranslation("admin");
  const { data, error, isFetching, refetch, dataUpdatedAt } = useQuery(setup);
  const { exact } = useFormat();
  const total = data?.steps.length ?? 0;
  const done = data?.steps.filter(({ state }) => state === "done").length ?? 0;
  return (
    <>
      <div className={style["progressRow"]}>
        <div className={style["progressText"]}>
          <p>
            <strong>
              {data === undefined ? t("setup.looking") : t("setup.progress", { done, total })}
            </strong>
          </p>
          <div
            className={style["bar"]}
            role="progressbar"
            aria-label={t("setup.title")}
            aria-valuemin={0}
            aria-valuemax={total}
            aria-valuenow={done}
            aria-valuetext={t("setup.progress", { done, total })}
          >
            <div style={{ width: `${total === 0 ? 0 : (done / total) * 100}%` }} />
          </div>
        </div>
        <p role="status" className="soft">
          {isFetching
            ? t("setup.testing")
            : dataUpdatedAt > 0 && (
                <time title={exact(new Date(dataUpdatedAt).toISOString())}>
                  {t("setup.tested", { time: new Date(dataUpdatedAt) })}
                </time>
              )}
        </p>
        <Button disabled={isFetching} onClick={() => void refetch()}>
          <RotateCw size={14} aria-hidden className={isFetching ? style["turning"] : undefined} />
          {t("setup.again")}
        </Button>
      </div>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.isDone === true && (
        <Note state="fine" title={t("setup.done.title")} cause={t("setup.done.text")} cure="">
          <div className={style["row"]}>
            <Link href="/accounts" className={buttonClass("main")}>
              {t("setup.done.accounts")}
            </Link>
          </div>
        </Note>
      )}
      {data !== undefined && (
        <ol className={style["steps"]}>
          {data.steps.map((step) => (
            <SetupStep key={step.id} step={step} origin={originOf(data.steps)} />
          ))}
        </ol>
      )}
    </>
  );
}

function SetupStep({ step, origin }: { step: Step; origin: string | undefined }) {
  const { t } = useTranslation("admin");
  // It does not fold by itself: somebody may be typing in it when it is ticked.
  const [isOpen, setOpen] = useState(step.state !== "done");
  const id = useId();
  const isOurs = step.id === ENGINE_ADDRESS;
  return (
    <li className={style["step"]} data-step={step.id} data-state={step.state}>
      <h2>
        <button
          type="button"
          className={style["stepHead"]}
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setOpen(!isOpen)}
        >
          <span className={style["stepTitle"]}>
            {isOurs ? t("setup.address.title") : step.title}
          </span>
          <StepMark state={step.state} />
          <ChevronDown
            size={16}
            aria-hidden
            className={classes(style["chevron"], isOpen && style["isOpen"])}
          />
        </button>
      </h2>
      <div id={id} className={style["stepBody"]} hidden={!isOpen}>
        {isOurs ? (
          <Address isKnown={step.state === "done"} origin={origin} text={step.text} />
        ) : (
          <p>{step.text}</p>
        )}
        {step.link !== null && (
          <a
            className={classes(buttonClass(), style["out"])}
            href={step.link}
            target="_blank"
            rel="noreferrer"
          >
            <ExternalLink size={14} aria-hidden />
            {t("setup.open", { host: new URL(step.link).host })}
          </a>
        )}
        {step.addresses.map((each) => (
          <CopyField key={each.label} label={each.label} value={each.url} />
        ))}
        {step.keys.map((each) => (
          <KeyField
            key={each.key}
            service={step.service ?? ""}
            value={each}
            finding={findingOf(each, step.findings)}
          />
        ))}
        <Findings step={step} />
      </div>
    </li>
  );
}

function Findings({ step }: { step: Step }) {
  const { t } = useTranslation("admin");
  const found = otherFindings(step);
  if (found.length === 0) return null;
  return (
    <ul className={style["findings"]} aria-label={t("setup.findings")}>
      {found.map((each) => (
        <Finding key={each.name + each.finding} found={each} />
      ))}
    </ul>
  );
}

/** Whether services can reach the engine: its own step, told by the page. */
function Address({
  isKnown,
  origin,
  text,
}: {
  isKnown: boolean;
  origin: string | undefined;
  text: string;
}) {
  const { t } = useTranslation("admin");
  return (
    <>
      <p>
        {isKnown
          ? t("setup.address.known", { origin: origin ?? text })
          : t("setup.address.unknown", { origin: origin ?? window.location.origin })}
      </p>
      {!isKnown && (
        <>
          <p>{t("setup.address.cure", { variable: PUBLIC_URL })}</p>
          <CopyField
            label={t("setup.address.variable")}
            value={`${PUBLIC_URL}=https://engine.example.com`}
          />
        </>
      )}
    </>
  );
}
