/** What can be done with a flow of the list, each with what the engine said last. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { download } from "../flow/stored";
import { api, take } from "../shared/api/client";
import { toast } from "../shared/ui/toasts";
import { begin, type Known } from "./beginning";
import { fetchDocument, type Row } from "./rows";

export function useRowActions(row: Row, taken: readonly Known[]) {
  const { t } = useTranslation("start");
  const client = useQueryClient();
  const params = { params: { path: { flow_id: row.id } } };
  const refresh = () => client.invalidateQueries({ queryKey: ["flows"] });
  const newest = () => fetchDocument(row.id, row.hasDraft);
  const start = useMutation({
    mutationFn: () => take(api.POST("/api/flows/{flow_id}/start", params)),
    onSuccess: ({ warnings }) => toast([t("started", { name: row.name }), ...warnings].join(" ")),
    onSettled: refresh,
  });
  const stop = useMutation({
    mutationFn: () => take(api.POST("/api/flows/{flow_id}/stop", params)),
    onSuccess: () => toast(t("stoppedNow", { name: row.name })),
    onSettled: refresh,
  });
  const duplicate = useMutation({
    mutationFn: async () => {
      const document = await newest();
      return begin({ ...document, name: t("copyOf", { name: row.name }) }, taken);
    },
    onSuccess: () => toast(t("duplicated", { name: row.name })),
    onSettled: refresh,
  });
  const save = useMutation({
    mutationFn: async () => download(await newest(), row.id),
  });
  const remove = useMutation({
    mutationFn: () =>
      row.state === "draft"
        ? take(api.DELETE("/api/flows/{flow_id}/draft", params))
        : take(api.DELETE("/api/flows/{flow_id}", params)),
    onSuccess: () => toast(t("deleted", { name: row.name })),
    onSettled: refresh,
  });
  const error = start.error ?? stop.error ?? duplicate.error ?? save.error ?? remove.error;
  return { start, stop, duplicate, save, remove, error };
}
