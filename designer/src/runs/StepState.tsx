import { useTranslation } from "react-i18next";

import { Sign } from "../shared/ui/Sign";
import { useDrawn } from "./drawn";
import style from "./runs.module.css";

/** How a step fared in the run that is drawn; it is drawn anew only when that changes. */
export function StepState({ id }: { id: string }) {
  const { t } = useTranslation("runs");
  const drawn = useDrawn((state) => state.steps[id]);
  if (drawn === undefined) return null;
  return (
    <span className={style["badge"]}>
      <Sign state={drawn.state} more={drawn.count > 1 ? t("times", { number: drawn.count }) : ""} />
    </span>
  );
}
