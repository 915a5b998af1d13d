/** One finding: what it is about, what was found, what to do, and what can be done from here. */

import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { accountPath } from "../accounts/AccountCard";
import { useCatalog } from "../flow/catalog";
import type { Schemas } from "../shared/api/client";
import { FindingSign } from "./FindingSign";
import type { Found } from "./health";
import style from "./health.module.css";
import { Mending } from "./Mending";

export function FindingRow({
  found,
  onReconnect,
}: {
  found: Found;
  onReconnect: (account: Schemas["Account"]) => void;
}) {
  const { t } = useTranslation("health");
  const { connectors } = useCatalog();
  const { account, service } = found;
  const label = connectors.find(({ id }) => id === service)?.label ?? service ?? t("engine");
  return (
    <li className={style["finding"]} data-state={found.state}>
      <div className={style["about"]}>
        <FindingSign state={found.state} />
        {account === null ? (
          <span className="soft">{label}</span>
        ) : (
          <Link href={accountPath(account.name)}>{account.name}</Link>
        )}
        <span className="soft">{found.name}</span>
      </div>
      <p className={style["what"]}>{found.finding}</p>
      {found.cure !== "" && <p className="soft">{found.cure}</p>}
      {account !== null && found.mend !== "" && (
        <Mending mend={found.mend} account={account} onReconnect={onReconnect} />
      )}
    </li>
  );
}
