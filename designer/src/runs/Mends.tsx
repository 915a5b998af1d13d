/** What can be done at once about a step that did not succeed. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plug, RotateCw, Settings, SquarePen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { FlowDocument } from "../flow/document";
import { api, take } from "../shared/api/client";
import { me } from "../shared/api/queries";
import { Button, buttonClass } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { ErrorNote } from "../shared/ui/Note";
import { toast } from "../shared/ui/toasts";
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
  const error = step.error ?? step.fate?.error ?? null;
  const account = version?.components[step.component]?.account ?? "";
  const isCall = step.id !== run.id;
  const field = error?.field ?? "";
  return (
    <div className={style["buttons"]}>
      {error?.kind === "AuthorizationError" && account !== "" && (
        <Link
          href={`/accounts/${encodeURIComponent(account)}`}
          className={buttonClass("main", true)}
        >
          <Plug size={14} aria-hidden />
          {t("actions.connect", { account })}
        </Link>
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
          className={buttonClass(field === "" ? "plain" : "main", true)}
        >
          <SquarePen size={14} aria-hidden />
          {field === "" ? t("actions.openStep") : t("actions.openField", { field })}
        </Link>
      )}
      {step.status === "failed" && isCall && <Retry run={run} step={step} />}
      {step.status === "unknown" && isCall && <SendAgain run={run} step={step} />}
    </div>
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
