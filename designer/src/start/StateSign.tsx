import { CircleStop, PencilLine, Play, TriangleAlert, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { RowState } from "./rows";
import style from "./start.module.css";

const SIGNS: Record<RowState, LucideIcon> = {
  running: Play,
  stopped: CircleStop,
  fault: TriangleAlert,
  draft: PencilLine,
};

/** Whether a flow runs, as sign, colour and word. */
export function StateSign({ state }: { state: RowState }) {
  const { t } = useTranslation("start");
  const Icon = SIGNS[state];
  return (
    <span className={style["state"]} data-state={state}>
      <Icon size={14} aria-hidden />
      {t(state)}
    </span>
  );
}
