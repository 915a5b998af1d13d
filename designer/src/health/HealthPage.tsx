/** The doctor as a page: what does not work first, each with what to do about it. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { ConnectDialog } from "../accounts/ConnectDialog";
import { useCatalog } from "../flow/catalog";
import { useFormat } from "../shared/format";
import type { Schemas } from "../shared/api/client";
import { accounts, me } from "../shared/api/queries";
import { Button, classes } from "../shared/ui/Button";
import { ErrorNote, Note } from "../shared/ui/Note";
import { Loading, Page } from "../shared/ui/Page";
import { Figures } from "./Figures";
import { FindingRow } from "./FindingRow";
import {
  accountReport,
  inOrder,
  ofAccount,
  ofEngine,
  ofSetup,
  readiness,
  setupReport,
} from "./health";
import style from "./health.module.css";

export default function HealthPage() {
  const { t } = useTranslation("health");
  const format = useFormat();
  const { connectors } = useCatalog();
  const [again, setAgain] = useState<Schemas["Account"] | null>(null);
  const isAdministrator = useQuery(me).data?.isAdministrator === true;
  const known = useQuery(accounts);
  const reports = useQueries({ queries: (known.data ?? []).map(({ id }) => accountReport(id)) });
  const setup = useQuery({ ...setupReport, ...(isAdministrator ? {} : { enabled: false }) });
  const ready = useQuery({ ...readiness, enabled: isAdministrator });
  const asked = [...reports, ...(isAdministrator ? [setup] : [])];
  const isLooking = known.isPending || asked.some((each) => each.isFetching);
  // What is told below all others would be pushed down by each that comes.
  const isFirstLook = known.isPending || asked.some((each) => each.isPending);
  const errors = [known, ...asked, ready].flatMap(({ error }) => (error === null ? [] : [error]));
  const found = inOrder([
    ...(ready.data === undefined ? [] : ofEngine(ready.data, t("engineCure"))),
    ...reports.flatMap(({ data }) => (data === undefined ? [] : ofAccount(data, t("reconnect")))),
    ...ofSetup(setup.data ?? []),
  ]);
  const looked = Math.min(
    ...asked.map(({ dataUpdatedAt }) => dataUpdatedAt).filter((each) => each > 0),
  );
  const hasLooked = Number.isFinite(looked);
  const lookAgain = () => {
    asked.forEach((each) => void each.refetch());
    if (isAdministrator) void ready.refetch();
  };
  const connector = connectors.find(({ id }) => id === again?.service);
  const isFine =
    !isLooking && errors.length === 0 && found.fault.length + found.advice.length === 0;
  return (
    <Page
      title={t("title")}
      actions={
        <>
          {/* It has its room before it is known. */}
          <span className={classes("soft", style["looked"])} data-known={hasLooked}>
            {t("looked", { when: format.time(new Date(hasLooked ? looked : 0).toISOString()) })}
          </span>
          <Button look="main" disabled={isLooking} onClick={lookAgain}>
            <RefreshCw size={16} aria-hidden />
            {t("again")}
          </Button>
        </>
      }
    >
      <p role="status" className={style["summary"]}>
        {isLooking
          ? t("looking")
          : [
              t("faults", { count: found.fault.length }),
              t("advices", { count: found.advice.length }),
            ].join(" · ")}
      </p>
      {errors.map((error, at) => (
        <ErrorNote key={at} error={error} />
      ))}
      {isLooking && found.fault.length + found.advice.length + found.fine.length === 0 && (
        <Loading />
      )}
      {isFine && (
        <Note
          state="fine"
          title={t("fine")}
          cause={known.data?.length === 0 ? t("noAccounts") : ""}
          cure=""
        />
      )}
      {(["fault", "advice"] as const).map(
        (state) =>
          found[state].length > 0 && (
            <section key={state} className={style["section"]}>
              <h2>{t(`heading.${state}`)}</h2>
              <ul className={style["list"]}>
                {found[state].map((each) => (
                  <FindingRow key={each.key} found={each} onReconnect={setAgain} />
                ))}
              </ul>
            </section>
          ),
      )}
      {found.fine.length > 0 && (
        <details className={style["section"]}>
          <summary>{t("fines", { count: found.fine.length })}</summary>
          <ul className={style["list"]}>
            {found.fine.map((each) => (
              <FindingRow key={each.key} found={each} onReconnect={setAgain} />
            ))}
          </ul>
        </details>
      )}
      {!isFirstLook && <Figures />}
      {again !== null && connector !== undefined && (
        <ConnectDialog
          connector={connector}
          again={again}
          onConnected={lookAgain}
          onClose={() => setAgain(null)}
        />
      )}
    </Page>
  );
}
