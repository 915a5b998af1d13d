import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { buttonClass } from "../shared/ui/Button";
import { Note } from "../shared/ui/Note";

/** What is said in place of a page that cannot be drawn. */
export function Broken({ error }: { error: unknown }) {
  const { t } = useTranslation("shell");
  return (
    <main>
      <Note
        title={t("broken.title")}
        cause={t("broken.cause", { error: String(error) })}
        cure={t("broken.cure")}
      >
        <Link href="/flows" className={buttonClass("main")}>
          {t("notFound.back")}
        </Link>
      </Note>
    </main>
  );
}
