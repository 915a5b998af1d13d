import { Zap } from "lucide-react";

import type { Component } from "../flow/catalog";
import { textsOf } from "../shared/texts";
import style from "./palette.module.css";

/** The icon of a component's connector, with a flash on those that begin a flow. */
export function ComponentIcon({ component, size = 24 }: { component: Component; size?: number }) {
  return (
    <span className={style["icon"]}>
      <img src={component.connector.icon} alt="" width={size} height={size} />
      {component.kind === "trigger" && (
        <span className={style["flash"]}>
          <Zap size={10} aria-hidden />
          <span className="unseen">{textsOf("palette")("trigger")}</span>
        </span>
      )}
    </span>
  );
}
