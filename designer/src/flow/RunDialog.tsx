/** Beginning a run by hand: of the draft as a test, or of the stored flow. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { canHear, useHearing, type Heard } from "../phone/hearing";
import { useSimulator } from "../phone/PhonePanel";
import { NothingHeard, PhoneWait } from "../phone/PhoneWait";
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
  /** None of what is written on the phone only now. */
  values?: unknown;
}

const NOTHING: Source = { label: "", values: {} };

export function RunDialog({ isDraft, onClose }: { isDraft: boolean; onClose: () => void }) {
  const { t } = useTranslation("flow");
  const editor = useEditorStore();
  const saving = useSavingStore();
  const catalog = useCatalog();
  const [, navigate] = useLocation();
  const { flowId } = editor.getState();
  const document = useEditor((state) => state.document);
  const known = useQuery(samples(flowId));
  const simulator = useSimulator();
  const phone = useTranslation("phone").t;
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
    ...(isDraft && simulator !== null && canHear(component) ? [{ label: phone("source") }] : []),
  ];
  const [source, setSource] = useState(0);
  const [typed, setTyped] = useState<string | null>(null);
  const chosen = sources[source] ?? NOTHING;
  const isPhone = chosen !== NOTHING && chosen.values === undefined;
  const text = typed ?? JSON.stringify(chosen.values ?? {}, null, 2);
  const { hear, giveUp, trigger: hearing } = useHearing();
  const run = useMutation({
    mutationFn: async () => {
      const heard = isPhone ? await hearNow() : { [main]: JSON.parse(text) as unknown };
      if (typeof heard === "string") return heard;
      const values = heard[main] as Record<string, unknown>;
      await (isDraft ? saving.keepAsDraft() : saving.flush());
      return take(
        api.POST("/api/flows/{flow_id}/run", {
          params: { path: { flow_id: flowId } },
          body: { trigger, values, draft: isDraft },
        }),
      );
    },
    onSuccess: (begun) => {
      if (typeof begun === "string") return;
      onClose();
      navigate(`/flows/${encodeURIComponent(flowId)}/runs/${begun.runId}`);
    },
  });
  const hearNow = async (): Promise<Heard> => {
    const step = document.components[trigger];
    return step === undefined || component === undefined ? {} : hear(trigger, component, step);
  };
  const problem = isPhone ? undefined : problemOf(text);
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
              disabled={run.isPending}
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
      {!isPhone && (
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
      )}
      {hearing !== null && <PhoneWait trigger={hearing} isAlone onGiveUp={giveUp} />}
      {run.data === "nothing" && <NothingHeard />}
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
