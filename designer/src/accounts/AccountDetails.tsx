/** One account: how it stands, what the service tells, what may be set, and who uses it. */

import { useMutation } from "@tanstack/react-query";
import { RefreshCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormat } from "../shared/format";
import { api, take } from "../shared/api/client";
import { queryClient } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { Json } from "../shared/ui/Json";
import { ErrorNote } from "../shared/ui/Note";
import { toast } from "../shared/ui/toasts";
import { Reconnect, type AccountProps } from "./AccountCard";
import { AccountSettings } from "./AccountSettings";
import { DeleteDialog } from "./DeleteDialog";
import { Expiry } from "./Expiry";
import { Facts } from "./Facts";
import { StateSign } from "./StateSign";
import { useUsersOf } from "./users";
import style from "./accounts.module.css";

export function AccountDetails({ account, connector, onReconnect }: AccountProps) {
  const { t } = useTranslation("accounts");
  const format = useFormat();
  const [isDeleting, setDeleting] = useState(false);
  const users = useUsersOf(account.id);
  const refresh = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/accounts/{account_id}/refresh", {
          params: { path: { account_id: account.id } },
        }),
      ),
    onSuccess: () => {
      toast(t("refreshed"));
      return queryClient.invalidateQueries({ queryKey: ["accounts"] });
    },
  });
  const isConnected = account.state === "connected";
  return (
    <div className={style["details"]}>
      <div className={style["card"]}>
        <div className={style["head"]}>
          {connector !== undefined && <img src={connector.icon} alt="" width={32} height={32} />}
          <div>
            <h2>{connector?.label ?? account.service}</h2>
            <p className="soft" title={format.exact(account.createdAt)}>
              {t("since", { when: format.time(account.createdAt) })}
            </p>
          </div>
          <StateSign state={account.state} />
        </div>
        {isConnected ? (
          <p>
            <Expiry account={account} />
          </p>
        ) : (
          <Reconnect account={account} connector={connector} onReconnect={onReconnect} />
        )}
        {refresh.error !== null && <ErrorNote error={refresh.error} />}
        <div className={style["buttons"]}>
          {isConnected && account.refreshAt !== null && (
            <Button isSmall disabled={refresh.isPending} onClick={() => refresh.mutate()}>
              <RefreshCw size={14} aria-hidden />
              {t("refresh")}
            </Button>
          )}
          {isConnected && connector !== undefined && (
            <Button isSmall onClick={() => onReconnect(account)}>
              {t("reconnect.do")}
            </Button>
          )}
          <Button isSmall look="danger" onClick={() => setDeleting(true)}>
            <Trash2 size={14} aria-hidden />
            {t("delete.button")}
          </Button>
        </div>
      </div>
      <section className={style["card"]}>
        <h2>{t("usedBy.title")}</h2>
        {users.error !== null && <ErrorNote error={users.error} />}
        {users.data?.length === 0 && <p className="soft">{t("usedBy.nobody")}</p>}
        <ul className={style["users"]}>
          {users.data?.map(({ id, name }) => (
            <li key={id}>
              <Link href={`/flows/${encodeURIComponent(id)}`}>{name}</Link>
            </li>
          ))}
        </ul>
      </section>
      {isConnected && connector !== undefined && (
        <section className={style["card"]}>
          <h2>{t("facts")}</h2>
          <Facts account={account} />
        </section>
      )}
      {account.availableSettings.length > 0 && (
        <section className={style["card"]}>
          <h2>{t("settings.title")}</h2>
          <AccountSettings account={account} />
        </section>
      )}
      <details className={style["card"]}>
        <summary>{t("profile")}</summary>
        <Json value={account.profile} />
      </details>
      {isDeleting && <DeleteDialog account={account} onClose={() => setDeleting(false)} />}
    </div>
  );
}
