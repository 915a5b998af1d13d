/** What can be done at once about a step that did not succeed. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plug, RotateCw, Settings, SquarePen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { ConnectDialog } from "../accounts/ConnectDialog";
import { useCatalog } from "../flow/catalog";
import type { FlowDocument, Json } from "../flow/document";
import { DoButton } from "../inspector/DoButton";
import { api, take } from "../shared/api/client";
import { accounts, me } from "../shared/api/queries";
import { Button, buttonClass } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { ErrorNote } from "../shared/ui/Note";
import { toast } from "../shared/ui/toasts";
import { isObject } from "../shared/values";
import { canRetry, errorOf } from "./fates";
import type { Run, Step } from "./run";
import style from "./runs.module.css";

/** Where the inspector opens at a step, and at a field of it. */
export function stepAddress(flowId: string, step: string, field = ""): string {
  const query = field === "" ? "" : `?${new URLSearchParams({ field }).toString()}`;
  return `/flows/${encodeURIComponent(flowId)}/steps/${encodeURIComponent(step)}${query}`;
}

export function Mends({
  run,
  step,
  version,
}: {
  run: Run;
  step: Step;
  version: FlowDocument | null | undefined;
}) {
  const { t } = useTranslation("runs");
  const { data: who } = useQuery(me);
  const { components } = useCatalog();
  const error = errorOf(step);
  const account = version?.components[step.component]?.account ?? "";
  const isToDoAgain = step.id !== run.id && canRetry(step);
  const field = error?.field ?? "";
  const isOfAccess = error?.kind === "AuthorizationError" || error?.mend === "connect";
  const mending = components.get(error?.mend ?? "");
  const isOtherMain = isOfAccess || mending !== undefined || field === "";
  // What was refused is what the other component is to work on.
  const refused = isObject(step.input) ? (step.input[field] as Json | undefined) : undefined;
  const title = components.get(step.type)?.schema.properties?.[field]?.title ?? field;
  return (
    <div className={style["buttons"]}>
      {isOfAccess && <Reconnect name={account} />}
      {mending !== undefined && account !== "" && (
        <DoButton
          component={mending}
          account={account}
          given={refused === undefined ? {} : { [field]: refused }}
          look="main"
        />
      )}
      {error?.kind === "ConfigurationError" && who?.isAdministrator === true && (
        <Link href="/admin" className={buttonClass("main", true)}>
          <Settings size={14} aria-hidden />
          {t("actions.settings")}
        </Link>
      )}
      {error !== null && run.flowName !== null && (
        <Link
          href={stepAddress(run.flowId, step.component, field)}
          className={buttonClass(isOtherMain ? "plain" : "main", true)}
        >
          <SquarePen size={14} aria-hidden />
          {field === "" ? t("actions.openStep") : t("actions.openField", { field: title })}
        </Link>
      )}
      {isToDoAgain && step.status === "failed" && <Retry run={run} step={step} />}
      {isToDoAgain && step.status === "unknown" && <SendAgain run={run} step={step} />}
    </div>
  );
}

/** Opens the dialog that connects the account again; what waits for it goes on by itself. */
function Reconnect({ name }: { name: string }) {
  const { t } = useTranslation("runs");
  const { connectors } = useCatalog();
  const again = useQuery(accounts).data?.find((each) => each.name === name);
  const [isOpen, setOpen] = useState(false);
  const connector = connectors.find(({ id }) => id === again?.service);
  if (again === undefined || connector === undefined) return null;
  return (
    <>
      <Button isSmall look="main" onClick={() => setOpen(true)}>
        <Plug size={14} aria-hidden />
        {t("actions.connect", { account: name })}
      </Button>
      {isOpen && (
        <ConnectDialog connector={connector} again={again} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

function useRetry(run: Run, step: Step, evenIfUnknown: boolean) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/runs/{run_id}/retry", {
          params: { path: { run_id: run.id } },
          body: { from: step.id, evenIfUnknown },
        }),
      ),
    onSuccess: ({ message }) => {
      toast(message);
      return client.invalidateQueries({ queryKey: ["runs", run.id] });
    },
  });
}

function Retry({ run, step }: { run: Run; step: Step }) {
  const { t } = useTranslation("runs");
  const retry = useRetry(run, step, false);
  return (
    <>
      <Button isSmall disabled={retry.isPending} onClick={() => retry.mutate()}>
        <RotateCw size={14} aria-hidden />
        {t("actions.retryStep")}
      </Button>
      {retry.error !== null && <ErrorNote error={retry.error} />}
    </>
  );
}

/** What may have happened is done again only by somebody who has been told so. */
function SendAgain({ run, step }: { run: Run; step: Step }) {
  const { t } = useTranslation("runs");
  const [isAsked, setAsked] = useState(false);
  const retry = useRetry(run, step, true);
  return (
    <>
      <Button isSmall onClick={() => setAsked(true)}>
        <RotateCw size={14} aria-hidden />
        {t("actions.sendAgain")}
      </Button>
      <Dialog title={t("actions.sendAgainAsk")} isOpen={isAsked} onClose={() => setAsked(false)}>
        <p>{t("actions.sendAgainText")}</p>
        {retry.error !== null && <ErrorNote error={retry.error} />}
        <DialogActions>
          <Button onClick={() => setAsked(false)}>{t("actions.notAgain")}</Button>
          <Button
            look="danger"
            disabled={retry.isPending}
            onClick={() => retry.mutate(undefined, { onSuccess: () => setAsked(false) })}
          >
            {t("actions.sendAgain")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
