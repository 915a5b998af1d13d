/** The connected accounts: all of them as cards, or one with everything that is known of it. */

import { useQuery } from "@tanstack/react-query";
import { Plug } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "wouter";

import { useCatalog, type Connector } from "../flow/catalog";
import { accounts } from "../shared/api/queries";
import { Button, buttonClass } from "../shared/ui/Button";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Loading, Page } from "../shared/ui/Page";
import { AccountCard } from "./AccountCard";
import { AccountDetails } from "./AccountDetails";
import style from "./accounts.module.css";
import { forgetArrival, useArrival } from "./arrival";
import { ConnectDialog } from "./ConnectDialog";
import type { Account } from "./connecting";

interface Connecting {
  connector: Connector;
  again?: Account;
}

export default function AccountsPage() {
  const { t } = useTranslation("accounts");
  const { name } = useParams();
  const { connectors } = useCatalog();
  const { data, error } = useQuery(accounts);
  const [opened, setOpened] = useState<Connecting | null>(null);
  const arrival = useArrival();
  const arrived = connectors.find(({ id }) => id === arrival?.service);
  const connecting = opened ?? (arrived === undefined ? null : { connector: arrived });
  const connectorOf = (account: Account) => connectors.find(({ id }) => id === account.service);
  const reconnect = (again: Account) => {
    const connector = connectorOf(again);
    if (connector !== undefined) setOpened({ connector, again });
  };
  // A login is what most people have; keys come behind.
  const kinds = [...connectors]
    .filter(({ auth }) => auth !== null)
    .sort((one, other) => Number(isLogin(other)) - Number(isLogin(one)));
  const buttons = kinds.map((connector, at) => (
    <Button
      key={connector.id}
      look={at === 0 ? "main" : "plain"}
      onClick={() => setOpened({ connector })}
    >
      <Plug size={16} aria-hidden />
      {t("connect", { label: connector.label })}
    </Button>
  ));
  const shown = data?.filter((each) => name === undefined || each.name === name) ?? [];
  return (
    <Page title={name ?? t("title")} actions={name === undefined ? buttons : <All />}>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.length === 0 && name === undefined && (
        <Empty title={t("empty.title")} text={t("empty.text")} />
      )}
      {data !== undefined && name !== undefined && shown.length === 0 && (
        <Empty title={t("gone.title", { name })} text={t("gone.text")} />
      )}
      {name === undefined ? (
        <ul className={style["cards"]}>
          {shown.map((each) => (
            <AccountCard
              key={each.id}
              account={each}
              connector={connectorOf(each)}
              onReconnect={reconnect}
            />
          ))}
        </ul>
      ) : (
        shown.map((each) => (
          <AccountDetails
            key={each.id}
            account={each}
            connector={connectorOf(each)}
            onReconnect={reconnect}
          />
        ))
      )}
      {connecting !== null && (
        <ConnectDialog
          {...connecting}
          arrival={opened === null ? arrival : null}
          onClose={() => {
            setOpened(null);
            forgetArrival();
          }}
        />
      )}
    </Page>
  );
}

function isLogin({ auth }: Connector): boolean {
  return auth?.type === "oauth2";
}

function All() {
  const { t } = useTranslation("accounts");
  return (
    <Link href="/accounts" className={buttonClass()}>
      {t("all")}
    </Link>
  );
}
