import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "wouter";

import { Page } from "../shared/ui/Page";
import { NotFound } from "../shell/NotFound";
import style from "./admin.module.css";
import { ConfigurationPart } from "./ConfigurationPart";
import { EnginePart } from "./EnginePart";
import { OwnersPart } from "./OwnersPart";
import { SetupPart } from "./SetupPart";

const NAMES = ["setup", "configuration", "owners", "engine"] as const;
const PARTS: Record<(typeof NAMES)[number], ComponentType> = {
  setup: SetupPart,
  configuration: ConfigurationPart,
  owners: OwnersPart,
  engine: EnginePart,
};

export default function AdminPage() {
  const { t } = useTranslation("admin");
  const { part = "setup" } = useParams<{ part?: string }>();
  const current = NAMES.find((name) => name === part);
  if (current === undefined) return <NotFound />;
  const Part = PARTS[current];
  return (
    <Page title={t("title")}>
      <nav className={style["tabs"]} aria-label={t("title")}>
        {NAMES.map((name) => (
          <Link
            key={name}
            href={name === "setup" ? "/admin" : `/admin/${name}`}
            className={style["tab"] ?? ""}
            aria-current={name === current ? "page" : undefined}
          >
            {t(`parts.${name}`)}
          </Link>
        ))}
      </nav>
      <Part />
    </Page>
  );
}
