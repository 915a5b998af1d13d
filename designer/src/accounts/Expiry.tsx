import { useTranslation } from "react-i18next";

import { useFormat } from "../shared/format";
import type { Account } from "./connecting";

/** Until when an account's permission lasts, and when it is renewed. */
export function Expiry({ account: { expiresAt, refreshAt } }: { account: Account }) {
  const { t } = useTranslation("accounts");
  const format = useFormat();
  if (expiresAt === null) return <span>{t("expiry.never")}</span>;
  return (
    <span title={format.exact(expiresAt)}>
      {t("expiry.until", { when: format.time(expiresAt) })}
      {refreshAt !== null && ` ${t("expiry.renewed", { when: format.time(refreshAt) })}`}
    </span>
  );
}
