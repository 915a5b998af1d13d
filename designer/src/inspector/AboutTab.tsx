import { useTranslation } from "react-i18next";

import type { Component } from "../flow/catalog";
import style from "./inspector.module.css";

/** What a component is, and what leaves it at each port. */
export function AboutTab({ component }: { component: Component }) {
  const { t } = useTranslation("inspector");
  return (
    <>
      <p>{component.description}</p>
      <dl className={style["facts"]}>
        <dt>{t("fingerprint")}</dt>
        <dd>
          <code>{component.name}</code>
        </dd>
        {component.ports.map((port) => (
          <div key={port.name}>
            <dt>{t("documentation", { port: port.name })}</dt>
            <dd>{component.schema["x-ports"]?.[port.name]?.description ?? ""}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
