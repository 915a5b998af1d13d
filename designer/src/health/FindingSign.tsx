import { Check, CircleX, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../shared/api/client";
import ui from "../shared/ui/ui.module.css";

export type FindingState = Schemas["Finding"]["state"];

const SIGNS = {
  fault: [CircleX, "red"],
  advice: [TriangleAlert, "amber"],
  fine: [Check, "green"],
} as const;

/** How something stands, as sign, colour and word. */
export function FindingSign({
  state,
  isWordHidden = false,
}: {
  state: FindingState;
  isWordHidden?: boolean;
}) {
  const { t } = useTranslation("health");
  const [Icon, tone] = SIGNS[state];
  return (
    <span className={ui["sign"]} data-tone={tone}>
      <Icon size={14} aria-hidden />
      <span className={isWordHidden ? "unseen" : undefined}>{t(`state.${state}`)}</span>
    </span>
  );
}
