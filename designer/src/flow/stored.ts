/** The stored flow behind the editor, and what can be done with it. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, take, type Schemas } from "../shared/api/client";
import { flow, flows } from "../shared/api/queries";
import { toast } from "../shared/ui/toasts";
import type { FlowDocument } from "./document";
import { useEditorStore } from "./editor";
import { useSavingStore } from "./saving-context";

/** The flow as it is stored; null as long as there are only drafts of it. */
export function useStoredFlow(): Schemas["Flow"] | null {
  const { flowId } = useEditorStore().getState();
  const all = useQuery(flows);
  const isStored = all.data?.flows.some((each) => each.id === flowId) ?? false;
  const { data } = useQuery({ ...flow(flowId), enabled: isStored });
  return data ?? null;
}

export function useFlowActions() {
  const { t } = useTranslation("flow");
  const editor = useEditorStore();
  const saving = useSavingStore();
  const client = useQueryClient();
  const { flowId } = editor.getState();
  const params = { params: { path: { flow_id: flowId } } };
  const refresh = () => client.invalidateQueries({ queryKey: ["flows"] });
  const save = useMutation({
    mutationFn: async () => {
      await saving.flush();
      const { document } = editor.getState();
      return take(api.PUT("/api/flows/{flow_id}", { ...params, body: document as never }));
    },
    onSuccess: ({ version }) => {
      toast(t("versionSaved", { version }));
      return refresh();
    },
  });
  const start = useMutation({
    mutationFn: async () => {
      await save.mutateAsync();
      return take(api.POST("/api/flows/{flow_id}/start", params));
    },
    onSuccess: ({ warnings }) => {
      toast([t("started"), ...warnings].join(" "));
    },
    onSettled: refresh,
  });
  const stop = useMutation({
    mutationFn: () => take(api.POST("/api/flows/{flow_id}/stop", params)),
    onSuccess: () => toast(t("stopped")),
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: () =>
      saving.remove(async () => {
        const isStored = client.getQueryData(flow(flowId).queryKey) !== undefined;
        if (isStored) await take(api.DELETE("/api/flows/{flow_id}", params));
        else await take(api.DELETE("/api/flows/{flow_id}/draft", params));
      }),
    onSuccess: refresh,
  });
  return { save, start, stop, remove };
}

/** Offer a document as a file. */
export function download(document: FlowDocument, name: string): void {
  const url = URL.createObjectURL(
    new Blob([`${JSON.stringify(document, null, 2)}\n`], { type: "application/json" }),
  );
  const link = window.document.createElement("a");
  link.href = url;
  link.download = `${name}.flow.json`;
  link.click();
  URL.revokeObjectURL(url);
}
