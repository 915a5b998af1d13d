import { useQuery } from "@tanstack/react-query";
import { Settings } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { me } from "../shared/api/queries";
import { buttonClass } from "../shared/ui/Button";
import style from "./admin.module.css";
import { configuration } from "./queries";
import { lacking } from "./setup-state";

/** Leads an administrator to the setup for as long as a connector lacks what it needs. */
export function SetupNotice() {
  const { t } = useTranslation("admin");
  const { data: who } = useQuery(me);
  const isAdministrator = who?.isAdministrator === true;
  const { data = [] } = useQuery({ ...configuration, enabled: isAdministrator });
  const missing = isAdministrator ? lacking(data) : [];
  if (missing.length === 0) return null;
  return (
    <aside className={style["notice"]} aria-label={t("notice.name")}>
      <Settings size={20} aria-hidden />
      <p>{t("notice.text", { labels: missing.map(({ label }) => label).join(", ") })}</p>
      <Link href="/admin" className={buttonClass("plain")}>
        {t("notice.open")}
      </Link>
    </aside>
  );
}
