/** Flows to begin with: what they look like, what they do, and what they need. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { Check, FlaskConical, Zap } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { ConnectButton } from "../accounts/ConnectButton";
import { useCatalog } from "../flow/catalog";
import type { FlowDocument } from "../flow/document";
import { api, take, type Schemas } from "../shared/api/client";
import { accounts, examples, me, queryClient } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { ErrorNote } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import { accountOf, adopted, begin, freeId, freeTitle, needsOf, type Known } from "./beginning";
import { FlowPicture } from "./FlowPicture";
import { beginGuide, tellFailure } from "./guide/state";
import style from "./start.module.css";

export function Examples({ taken, isLed }: { taken: readonly Known[]; isLed: boolean }) {
  const { t } = useTranslation("start");
  const offered = useQuery(examples());
  const catalog = useCatalog();
  const { data: connected } = useQuery(accounts);
  if (offered.error !== null) return <ErrorNote error={offered.error} />;
  if (offered.data === undefined) return <Loading />;
  const needed = offered.data.flatMap(({ flow }) => needsOf(flow as FlowDocument, catalog));
  const lacking = [...new Set(needed)].filter(
    (each) => connected !== undefined && accountOf(each, connected) === undefined,
  );
  return (
    <>
      {!isLed && lacking.length > 0 && (
        <div className={style["lacking"]}>
          <span>{t("lacking")}</span>
          {lacking.map((connector) => (
            <ConnectButton key={connector.id} connector={connector} onConnected={() => undefined} />
          ))}
        </div>
      )}
      <ul className={style["cards"]}>
        {bySize(offered.data).map((each) => (
          <li key={each.id}>
            <Card example={each} taken={taken} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** The simplest first. */
function bySize(all: readonly Schemas["Example"][]): Schemas["Example"][] {
  const size = ({ flow }: Schemas["Example"]) => Object.keys(flow.components).length;
  return [...all].sort((one, other) => size(one) - size(other));
}

function Card({ example, taken }: { example: Schemas["Example"]; taken: readonly Known[] }) {
  const { t } = useTranslation("start");
  const id = useId();
  const [, navigate] = useLocation();
  const catalog = useCatalog();
  const { data: connected = [], isSuccess: isKnown } = useQuery(accounts);
  const { data: who } = useQuery(me);
  const document = example.flow as FlowDocument;
  const isSimulated = who?.simulator != null;
  const needs = needsOf(document, catalog);
  const isLacking = needs.some((each) => accountOf(each, connected) === undefined);
  const own = () => adopted(document, catalog, connected, isSimulated);
  const open = (flowId: string) => {
    beginGuide(flowId);
    navigate(`/flows/${encodeURIComponent(flowId)}`);
  };
  const use = useMutation({ mutationFn: () => begin(own(), taken), onSuccess: open });
  const attempt = useMutation({
    mutationFn: async () => {
      const name = freeTitle(document.name, taken);
      const flowId = freeId(name, taken);
      const params = { params: { path: { flow_id: flowId } } };
      await take(api.PUT("/api/flows/{flow_id}", { ...params, body: { ...own(), name } }));
      await queryClient.invalidateQueries({ queryKey: ["flows"] });
      await api
        .POST("/api/flows/{flow_id}/start", params)
        .catch((error: unknown) => tellFailure({ flowId, error }));
      return flowId;
    },
    onSuccess: open,
  });
  const triggers = Object.values(document.components).flatMap(({ type }) => {
    const component = catalog.components.get(type);
    return component?.kind === "trigger" ? [component.label] : [];
  });
  // Before it is known what there is, nothing can be fitted to it.
  const isReady = isKnown && catalog.connectors.length > 0;
  const isBusy = !isReady || use.isPending || attempt.isPending;
  const error = attempt.error ?? use.error;
  return (
    <article className={style["card"]} aria-labelledby={id}>
      <FlowPicture document={document} />
      <h3 id={id}>{example.name}</h3>
      <p className="soft">{example.description}</p>
      <ul className={style["needs"]}>
        {[...new Set(triggers)].map((label) => (
          <li key={label}>
            <Zap size={14} aria-hidden />
            {t("beginsWith", { trigger: label })}
          </li>
        ))}
        {needs.map((connector) => {
          const account = accountOf(connector, connected);
          return (
            <li key={connector.id} data-lacks={account === undefined}>
              <img src={connector.icon} alt="" width={16} height={16} />
              {account === undefined
                ? t("needs", { label: connector.label })
                : t("has", { label: connector.label, account: account.name })}
              {account !== undefined && <Check size={14} aria-hidden />}
            </li>
          );
        })}
      </ul>
      {error !== null && <ErrorNote error={error} />}
      <div className={style["cardActions"]}>
        {isSimulated && !isLacking && (
          <Button isSmall disabled={isBusy} onClick={() => attempt.mutate()}>
            <FlaskConical size={14} aria-hidden />
            {t("attempt")}
            <span className="unseen">{example.name}</span>
          </Button>
        )}
        <Button isSmall disabled={isBusy} onClick={() => use.mutate()}>
          {t("use")}
          <span className="unseen">{example.name}</span>
        </Button>
      </div>
    </article>
  );
}
