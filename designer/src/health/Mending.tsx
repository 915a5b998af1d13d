/** The button that does at once what mends a finding. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useCatalog } from "../flow/catalog";
import { DoButton } from "../inspector/DoButton";
import { api, take, type Schemas } from "../shared/api/client";
import { Button } from "../shared/ui/Button";
import { ErrorNote, Note } from "../shared/ui/Note";
import { toast } from "../shared/ui/toasts";
import { accountReport } from "./health";
import style from "./health.module.css";

interface Props {
  mend: string;
  account: Schemas["Account"];
  onReconnect: (account: Schemas["Account"]) => void;
}

export function Mending({ mend, account, onReconnect }: Props) {
  const { t } = useTranslation("health");
  const component = useCatalog().components.get(mend);
  const { refetch } = useQuery(accountReport(account.id));
  if (component !== undefined) {
    return (
      <div className={style["mending"]}>
        <DoButton component={component} account={account.name} onDone={() => void refetch()} />
      </div>
    );
  }
  if (mend === "claim") return <Claiming account={account} />;
  if (mend !== "connect") return null;
  return (
    <div className={style["mending"]}>
      <Button isSmall onClick={() => onReconnect(account)}>
        {t("connect")}
      </Button>
    </div>
  );
}

/** Has the account's events come to this engine, and shows of which that did not work. */
function Claiming({ account }: { account: Schemas["Account"] }) {
  const { t } = useTranslation("health");
  const { refetch } = useQuery(accountReport(account.id));
  const claim = useMutation({
    mutationFn: async () =>
      (
        await take(
          api.POST("/api/accounts/{account_id}/claim", {
            params: { path: { account_id: account.id } },
          }),
        )
      ).checks.filter(({ state }) => state !== "fine"),
    onSuccess: (left) => {
      if (left.length > 0) return;
      toast(t("claimed"));
      void refetch();
    },
  });
  return (
    <>
      <div className={style["mending"]}>
        <Button isSmall disabled={claim.isPending} onClick={() => claim.mutate()}>
          {t("claim")}
        </Button>
      </div>
      {claim.error !== null && <ErrorNote error={claim.error} />}
      {claim.data?.map((each) => (
        <Note key={each.name} state={each.state} title={each.finding} cause="" cure={each.cure} />
      ))}
    </>
  );
}
