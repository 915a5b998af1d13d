import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { buttonClass } from "../shared/ui/Button";
import { Empty } from "../shared/ui/Page";

/** The page of an address at which there is nothing. */
export function NotFound() {
  const { t } = useTranslation("shell");
  return (
    <main>
      <Empty title={t("notFound.title")} text={t("notFound.text")}>
        <Link href="/flows" className={buttonClass("main")}>
          {t("notFound.back")}
        </Link>
      </Empty>
    </main>
  );
}
