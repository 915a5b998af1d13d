/** The button that does at once what mends a finding. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { useCatalog, type Component } from "../flow/catalog";
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
  if (component !== undefined) return <Opening component={component} account={account} />;
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

/** Opens a draft with the step that can do it, where its fields are filled in and it is tried. */
function Opening({ component, account }: { component: Component; account: Schemas["Account"] }) {
  const { t } = useTranslation("health");
  const [, navigate] = useLocation();
  const open = useMutation({
    mutationFn: async () => {
      const id = component.name.replaceAll(".", "-").toLowerCase();
      const { flows, drafts } = await take(api.GET("/api/flows"));
      // Whoever has opened it before goes on there.
      if ([...flows, ...drafts].some((each) => each.id === id)) return id;
      const step = { type: component.name, account: account.name, input: {}, source: {} };
      await take(
        api.PUT("/api/flows/{flow_id}/draft", {
          params: { path: { flow_id: id } },
          body: { name: component.label, components: { step } },
        }),
      );
      return id;
    },
    onSuccess: (id) => navigate(`/flows/${id}/steps/step`),
  });
  return (
    <>
      <div className={style["mending"]}>
        <Button isSmall disabled={open.isPending} onClick={() => open.mutate()}>
          {t("open", { label: component.label })}
        </Button>
      </div>
      {open.error !== null && <ErrorNote error={open.error} />}
    </>
  );
}
