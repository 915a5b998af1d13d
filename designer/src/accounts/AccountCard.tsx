import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Connector } from "../flow/catalog";
import { Button } from "../shared/ui/Button";
import { Note } from "../shared/ui/Note";
import style from "./accounts.module.css";
import { Expiry } from "./Expiry";
import { StateSign } from "./StateSign";
import type { Account } from "./connecting";

export interface AccountProps {
  account: Account;
  /** Undefined where its connector is not installed. */
  connector: Connector | undefined;
  onReconnect: (account: Account) => void;
}

export function accountPath(name: string): string {
  return `/accounts/${encodeURIComponent(name)}`;
}

export function AccountCard({ account, connector, onReconnect }: AccountProps) {
  return (
    <li className={style["card"]}>
      <div className={style["head"]}>
        {connector !== undefined && <img src={connector.icon} alt="" width={32} height={32} />}
        <div>
          <h2>
            <Link href={accountPath(account.name)}>{account.name}</Link>
          </h2>
          <p className="soft">{connector?.label ?? account.service}</p>
        </div>
        <StateSign state={account.state} />
      </div>
      <Said account={account} />
      {account.state === "reconnect" && (
        <Reconnect account={account} connector={connector} onReconnect={onReconnect} />
      )}
    </li>
  );
}

/** Whose it is, as the service says, and until when. */
function Said({ account }: { account: Account }) {
  const { t } = useTranslation("accounts");
  const { name } = account.profile;
  const chosen = account.availableSettings.flatMap((setting) =>
    setting.choices.filter(({ value }) => value === account.profile[setting.name]),
  );
  return (
    <div className={style["said"]}>
      {chosen.map(({ value, label }) => (
        <p key={value}>{label}</p>
      ))}
      {typeof name === "string" && <p className="soft">{t("by", { name })}</p>}
      {account.state === "connected" && (
        <p className="soft">
          <Expiry account={account} />
        </p>
      )}
    </div>
  );
}

/** Why it has to be connected again, and the way to do so. */
export function Reconnect({ account, connector, onReconnect }: AccountProps) {
  const { t } = useTranslation("accounts");
  return (
    <Note
      title={t("reconnect.title")}
      cause={account.reason}
      cure={connector === undefined ? t("reconnect.noConnector") : t("reconnect.cure")}
    >
      {connector !== undefined && (
        <Button look="main" className={style["left"]} onClick={() => onReconnect(account)}>
          {t("reconnect.do")}
        </Button>
      )}
    </Note>
  );
}
