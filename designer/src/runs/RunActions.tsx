/** What can be done with a whole run. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleSlash, Copy, Pause, Play, RotateCw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { api, take } from "../shared/api/client";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { ErrorNote } from "../shared/ui/Note";
import { toast } from "../shared/ui/toasts";
import { canRetry } from "./fates";
import { isOver } from "./log";
import type { Run } from "./run";
import style from "./runs.module.css";

export function RunActions({ run, addressOf }: { run: Run; addressOf: (runId: string) => string }) {
  const { t } = useTranslation("runs");
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [isAsked, setAsked] = useState(false);
  const [isLikeAsked, setLikeAsked] = useState(false);
  const params = { params: { path: { run_id: run.id } } };
  const refresh = () => client.invalidateQueries({ queryKey: ["runs", run.id] });
  const done = ({ message }: { message: string }) => {
    toast(message);
    return refresh();
  };
  const cancel = useMutation({
    mutationFn: () => take(api.POST("/api/runs/{run_id}/cancel", params)),
    onSuccess: done,
    onSettled: () => setAsked(false),
  });
  const pause = useMutation({
    mutationFn: () => take(api.POST("/api/runs/{run_id}/pause", params)),
    onSuccess: done,
  });
  const resume = useMutation({
    mutationFn: () => take(api.POST("/api/runs/{run_id}/resume", params)),
    onSuccess: done,
  });
  const retry = useMutation({
    mutationFn: () => take(api.POST("/api/runs/{run_id}/retry", params)),
    onSuccess: done,
  });
  const like = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/flows/{flow_id}/run", {
          params: { path: { flow_id: run.flowId } },
          body: {
            trigger: run.trigger,
            like: run.id,
            draft: run.isTest,
          },
        }),
      ),
    onSuccess: ({ runId }) => {
      toast(t("actions.likeDone"));
      navigate(addressOf(runId));
    },
    onSettled: () => setLikeAsked(false),
  });
  const error = cancel.error ?? pause.error ?? resume.error ?? retry.error ?? like.error;
  const isUnderWay = !isOver(run.status);
  const calls = run.steps.filter(({ id }) => id !== run.id);
  const hasMore = run.steps.length < run.stepCount;
  const canRetryOne = calls.some((step) => step.status === "failed" && canRetry(step));
  const hasFailed = run.status === "failed" && (canRetryOne || (hasMore && calls.length > 0));
  return (
    <>
      <div className={style["buttons"]}>
        {isUnderWay && run.status !== "held" && (
          <Button isSmall disabled={pause.isPending} onClick={() => pause.mutate()}>
            <Pause size={14} aria-hidden />
            {t("actions.pause")}
          </Button>
        )}
        {run.status === "held" && (
          <Button isSmall disabled={resume.isPending} onClick={() => resume.mutate()}>
            <Play size={14} aria-hidden />
            {t("actions.resume")}
          </Button>
        )}
        {isUnderWay && (
          <Button isSmall look="danger" onClick={() => setAsked(true)}>
            <CircleSlash size={14} aria-hidden />
            {t("actions.cancel")}
          </Button>
        )}
        {hasFailed && (
          <Button isSmall disabled={retry.isPending} onClick={() => retry.mutate()}>
            <RotateCw size={14} aria-hidden />
            {t("actions.retry")}
          </Button>
        )}
        {run.flowName !== null && (
          <Button
            isSmall
            disabled={like.isPending}
            onClick={() => (run.isTest ? like.mutate() : setLikeAsked(true))}
          >
            <Copy size={14} aria-hidden />
            {t("actions.like")}
          </Button>
        )}
      </div>
      {error !== null && <ErrorNote error={error} />}
      <Dialog title={t("actions.cancelAsk")} isOpen={isAsked} onClose={() => setAsked(false)}>
        <p>{t("actions.cancelText")}</p>
        <DialogActions>
          <Button onClick={() => setAsked(false)}>{t("actions.keep")}</Button>
          <Button look="danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            {t("actions.cancel")}
          </Button>
        </DialogActions>
      </Dialog>
      <Dialog title={t("actions.likeAsk")} isOpen={isLikeAsked} onClose={() => setLikeAsked(false)}>
        <p>{t("actions.likeText")}</p>
        <DialogActions>
          <Button onClick={() => setLikeAsked(false)}>{t("actions.notAgain")}</Button>
          <Button look="main" disabled={like.isPending} onClick={() => like.mutate()}>
            {t("actions.likeNow")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
