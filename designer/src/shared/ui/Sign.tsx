import {
  Check,
  CheckCheck,
  Circle,
  CircleHelp,
  CircleSlash,
  LoaderCircle,
  Pause,
  RotateCw,
  X,
  type LucideIcon,
} from "lucide-react";
import { useTranslation } from "react-i18next";

import { classes } from "./Button";
import style from "./ui.module.css";

type Tone = "grey" | "teal" | "amber" | "green" | "blue" | "red" | "violet";

/** One table for canvas, log and run page: sign and colour of every state of a run, step or fate. */
const SIGNS = {
  queued: [Circle, "grey"],
  waiting: [Circle, "grey"],
  running: [LoaderCircle, "teal"],
  retrying: [RotateCw, "amber"],
  paused: [Pause, "amber"],
  completed: [Check, "green"],
  accepted: [Check, "amber"],
  sent: [Check, "amber"],
  delivered: [CheckCheck, "green"],
  read: [CheckCheck, "blue"],
  played: [CheckCheck, "blue"],
  failed: [X, "red"],
  unknown: [CircleHelp, "violet"],
  held: [Pause, "amber"],
  cancelled: [CircleSlash, "grey"],
} as const satisfies Record<string, readonly [LucideIcon, Tone]>;

export type SignState = keyof typeof SIGNS;

export function isSignState(state: string): state is SignState {
  return state in SIGNS;
}

/** A state as sign, colour and word; `more` is why it is so, or until when. */
export function Sign({
  state,
  isWordHidden = false,
  more = "",
}: {
  state: SignState;
  isWordHidden?: boolean;
  more?: string;
}) {
  const { t } = useTranslation("states");
  const [Icon, tone] = SIGNS[state];
  return (
    <span className={style["sign"]} data-tone={tone} data-state={state}>
      <Icon
        size={14}
        aria-hidden
        strokeWidth={tone === "blue" ? 3.2 : 2}
        className={classes(state === "running" && style["turning"])}
      />
      <span className={isWordHidden ? "unseen" : undefined}>{t(state)}</span>
      {more !== "" && <span className={style["more"]}>{more}</span>}
    </span>
  );
}
