import { Zap } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Component } from "../flow/catalog";
import style from "./palette.module.css";

/** The icon of a component's connector, with a flash on those that begin a flow. */
export function ComponentIcon({ component, size = 24 }: { component: Component; size?: number }) {
  const { t } = useTranslation("palette");
  return (
    <span className={style["icon"]}>
      <img src={component.connector.icon} alt="" width={size} height={size} />
      {component.kind === "trigger" && (
        <span className={style["flash"]}>
          <Zap size={10} aria-hidden />
          <span className="unseen">{t("trigger")}</span>
        </span>
      )}
    </span>
  );
}
