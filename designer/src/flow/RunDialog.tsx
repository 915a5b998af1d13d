/** Beginning a run by hand: of the draft as a test, or of the stored flow. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { api, take } from "../shared/api/client";
import { samples } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { Labelled, Select } from "../shared/ui/Field";
import { ErrorNote, Note } from "../shared/ui/Note";
import { useCatalog } from "./catalog";
import { useEditor, useEditorStore } from "./editor";
import style from "./flow.module.css";
import { useSavingStore } from "./saving-context";

interface Source {
  label: string;
  values: unknown;
}

export function RunDialog({ isDraft, onClose }: { isDraft: boolean; onClose: () => void }) {
  const { t } = useTranslation("flow");
  const editor = useEditorStore();
  const saving = useSavingStore();
  const catalog = useCatalog();
  const [, navigate] = useLocation();
  const { flowId } = editor.getState();
  const document = useEditor((state) => state.document);
  const known = useQuery(samples(flowId));
  const triggers = Object.entries(document.components).filter(
    ([, step]) => catalog.components.get(step.type)?.kind === "trigger",
  );
  const [trigger, setTrigger] = useState(triggers[0]?.[0] ?? "");
  const component = catalog.components.get(document.components[trigger]?.type ?? "");
  const main = component?.ports.find((port) => port.isMain)?.name ?? "";
  const last = known.data?.[trigger]?.ports[main];
  const sources: Source[] = [
    ...(last?.source === "run" ? [{ label: t("lastEvent"), values: last.value }] : []),
    ...Object.entries(component?.schema["x-samples"] ?? {}).map(([label, values]) => ({
      label: t("sampleOf", { label }),
      values,
    })),
  ];
  const [source, setSource] = useState(0);
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? JSON.stringify(sources[source]?.values ?? {}, null, 2);
  const run = useMutation({
    mutationFn: async () => {
      const values = JSON.parse(text) as Record<string, unknown>;
      await saving.flush();
      return take(
        api.POST("/api/flows/{flow_id}/run", {
          params: { path: { flow_id: flowId } },
          body: { trigger, values, draft: isDraft },
        }),
      );
    },
    onSuccess: (begun) => {
      onClose();
      navigate(`/flows/${encodeURIComponent(flowId)}/runs/${begun.runId}`);
    },
  });
  const problem = problemOf(text);
  return (
    <Dialog title={t(isDraft ? "testTitle" : "runTitle")} isOpen onClose={onClose}>
      <p className="soft">{t(isDraft ? "testText" : "runText")}</p>
      {triggers.length === 0 && (
        <Note state="advice" title={t("noTrigger")} cause={t("noTriggerCause")} cure="" />
      )}
      {triggers.length > 1 && (
        <Labelled label={t("trigger")}>
          {(ids) => (
            <Select
              {...ids}
              value={trigger}
              onChange={(event) => {
                setTrigger(event.target.value);
                setSource(0);
                setTyped(null);
              }}
            >
              {triggers.map(([name]) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          )}
        </Labelled>
      )}
      {sources.length > 0 && (
        <Labelled label={t("valuesFrom")}>
          {(ids) => (
            <Select
              {...ids}
              value={source}
              onChange={(event) => {
                setSource(Number(event.target.value));
                setTyped(null);
              }}
            >
              {sources.map(({ label }, at) => (
                <option key={label} value={at}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Labelled>
      )}
      <Labelled label={t("values")} error={problem}>
        {(ids) => (
          <textarea
            {...ids}
            className={style["values"]}
            rows={10}
            spellCheck={false}
            value={text}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Labelled>
      {run.error !== null && <ErrorNote error={run.error} />}
      <DialogActions>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button
          look="main"
          disabled={run.isPending || problem !== undefined || trigger === ""}
          onClick={() => run.mutate()}
        >
          {t(isDraft ? "testNow" : "runNow")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function problemOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}
