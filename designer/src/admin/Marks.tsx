import { Check, Circle, CircleAlert, Database, Server, X, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";

import { FindingSign } from "../health/FindingSign";
import style from "./admin.module.css";
import type { FoundThing, Key, Step } from "./queries";

type Tone = "grey" | "green" | "amber" | "red";

const STEPS = {
  done: [Check, "green"],
  open: [Circle, "grey"],
  fault: [X, "red"],
} as const satisfies Record<Step["state"], readonly [LucideIcon, Tone]>;

const SOURCES = {
  environment: [Server, "grey"],
  stored: [Database, "green"],
  default: [Circle, "grey"],
  unset: [Circle, "grey"],
  needed: [CircleAlert, "amber"],
} as const satisfies Record<Key["source"] | "needed", readonly [LucideIcon, Tone]>;

function Mark({ icon: Icon, tone, text }: { icon: LucideIcon; tone: Tone; text: string }) {
  return (
    <span className={style["mark"]} data-tone={tone}>
      <Icon size={14} aria-hidden />
      {text}
    </span>
  );
}

export function StepMark({ state }: { state: Step["state"] }) {
  const { t } = useTranslation("admin");
  const [icon, tone] = STEPS[state];
  return <Mark icon={icon} tone={tone} text={t(`step.${state}`)} />;
}

export function SourceMark({ value: { isRequired, source } }: { value: Key }) {
  const { t } = useTranslation("admin");
  const state = isRequired && source === "unset" ? "needed" : source;
  const [icon, tone] = SOURCES[state];
  return <Mark icon={icon} tone={tone} text={t(`source.${state}`)} />;
}

/** What was found, and what to do about it. */
export function Finding({ found }: { found: FoundThing }) {
  return (
    <li className={style["finding"]}>
      <FindingSign state={found.state} />
      <div>
        <p>{found.finding}</p>
        {found.cure !== "" && <p className="soft">{found.cure}</p>}
      </div>
    </li>
  );
}
