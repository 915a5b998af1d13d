import { Check, Unplug } from "lucide-react";
import { useTranslation } from "react-i18next";

import ui from "../shared/ui/ui.module.css";
import type { Account } from "./connecting";

const SIGNS = { connected: [Check, "green"], reconnect: [Unplug, "red"] } as const;

/** Whether an account can be used, as sign, colour and word. */
export function StateSign({ state }: { state: Account["state"] }) {
  const { t } = useTranslation("accounts");
  const [Icon, tone] = SIGNS[state];
  return (
    <span className={ui["sign"]} data-tone={tone}>
      <Icon size={14} aria-hidden />
      {t(`state.${state}`)}
    </span>
  );
}
