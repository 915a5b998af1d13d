import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useFormat } from "../shared/format";
import en from "../shared/texts/en/admin";
import style from "./admin.module.css";
import { statistics } from "./queries";

type Known = keyof typeof en.limits.of;

/** What each owner may have, and the variables that say so. */
export function Limits() {
  const { t } = useTranslation("admin");
  const { number, bytes } = useFormat();
  const { data } = useQuery(statistics);
  const limits = Object.entries(data?.engine?.limits ?? {});
  if (limits.length === 0) return null;
  return (
    <section className={style["panel"]} aria-label={t("limits.title")}>
      <header>
        <h2>{t("limits.title")}</h2>
      </header>
      <p className="soft">{t("limits.about")}</p>
      <dl className={style["facts"]}>
        {limits.map(([name, value]) => (
          <div key={name}>
            <dt>
              {isKnown(name) && <span>{t(`limits.of.${name}`)}</span>}
              <code className={style["name"]}>APPMIXER_MAX_{name.toUpperCase()}</code>
            </dt>
            <dd>{name.endsWith("bytes") ? bytes(value) : number(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function isKnown(name: string): name is Known {
  return Object.hasOwn(en.limits.of, name);
}
