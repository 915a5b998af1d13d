import { useTranslation } from "react-i18next";

import { AccountSettings } from "./AccountSettings";
import { Expiry } from "./Expiry";
import { Facts } from "./Facts";
import type { Account } from "./connecting";
import style from "./accounts.module.css";

/** What an account has brought, and the choices that it leaves. */
export function WhatWasConnected({ account }: { account: Account }) {
  const { t } = useTranslation("accounts");
  const choices = account.availableSettings.filter(({ choices }) => choices.length > 1);
  return (
    <div className={style["stack"]}>
      <p>
        {t("canBeUsed")} <Expiry account={account} />
      </p>
      {choices.length > 0 && <AccountSettings account={account} only={choices} />}
      <Facts account={account} />
    </div>
  );
}
