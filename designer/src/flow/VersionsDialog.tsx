/** What the flow has been: versions, what changed from one to another, and the way back. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, take, type Schemas } from "../shared/api/client";
import { useFormat } from "../shared/format";
import { Button } from "../shared/ui/Button";
import { Dialog } from "../shared/ui/Dialog";
import { ErrorNote } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import { toast } from "../shared/ui/toasts";
import { ChangeList } from "./ChangeList";
import type { FlowDocument } from "./document";
import { useEditorStore } from "./editor";
import style from "./flow.module.css";
import { useSavingStore } from "./saving-context";

export function VersionsDialog({ flow, onClose }: { flow: Schemas["Flow"]; onClose: () => void }) {
  const { t } = useTranslation("flow");
  const format = useFormat();
  const [chosen, setChosen] = useState<number | "draft">("draft");
  const { data, error } = useQuery({
    queryKey: ["flows", flow.id, "versions"],
    queryFn: async () => {
      const params = { path: { flow_id: flow.id } };
      return (await take(api.GET("/api/flows/{flow_id}/versions", { params }))).versions;
    },
  });
  return (
    <Dialog title={t("versions")} isOpen isWide onClose={onClose}>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      <div className={style["versions"]}>
        <ul>
          <li>
            <button
              type="button"
              className={style["version"]}
              aria-pressed={chosen === "draft"}
              onClick={() => setChosen("draft")}
            >
              <strong>{t("draft")}</strong>
              <span className="soft">{t("comparedWithRunning")}</span>
            </button>
          </li>
          {data
            ?.filter((each) => !each.isTest)
            .map((each) => (
              <li key={each.version}>
                <button
                  type="button"
                  className={style["version"]}
                  aria-pressed={chosen === each.version}
                  onClick={() => setChosen(each.version)}
                >
                  <strong>{t("version", { version: each.version })}</strong>
                  <span className="soft">{format.time(each.createdAt)}</span>
                  {each.isRunning && <span className={style["badge"]}>{t("running")}</span>}
                </button>
              </li>
            ))}
        </ul>
        {chosen === "draft" ? (
          <DraftChanges flow={flow} />
        ) : (
          <OneVersion flow={flow} version={chosen} onClose={onClose} />
        )}
      </div>
    </Dialog>
  );
}

function DraftChanges({ flow }: { flow: Schemas["Flow"] }) {
  const saving = useSavingStore();
  const compare = flow.runningVersion ?? flow.version;
  const { data, error } = useQuery({
    queryKey: ["flows", flow.id, "draft", "compared", compare],
    queryFn: async () => {
      await saving.flush();
      const params = { path: { flow_id: flow.id }, query: { compare } };
      return take(api.GET("/api/flows/{flow_id}/draft", { params }));
    },
    retry: false,
    gcTime: 0,
    staleTime: 0,
  });
  return (
    <div>
      {error !== null && <ErrorNote error={error} />}
      {data !== undefined && <ChangeList changes={data.changes} />}
    </div>
  );
}

function OneVersion({
  flow,
  version,
  onClose,
}: {
  flow: Schemas["Flow"];
  version: number;
  onClose: () => void;
}) {
  const { t } = useTranslation("flow");
  const editor = useEditorStore();
  const client = useQueryClient();
  const compare = flow.runningVersion ?? flow.version;
  const { data, error } = useQuery({
    queryKey: ["flows", flow.id, "versions", version, "compared", compare],
    queryFn: () => {
      const params = { path: { flow_id: flow.id, version }, query: { compare } };
      return take(api.GET("/api/flows/{flow_id}/versions/{version}", { params }));
    },
  });
  const restore = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/flows/{flow_id}/versions/{version}/restore", {
          params: { path: { flow_id: flow.id, version } },
        }),
      ),
    onSuccess: (stored) => {
      editor.getState().replace(stored.document as FlowDocument);
      toast(t("versionSaved", { version: stored.version }));
      onClose();
      return client.invalidateQueries({ queryKey: ["flows"] });
    },
  });
  return (
    <div className={style["oneVersion"]}>
      {(error ?? restore.error) !== null && <ErrorNote error={error ?? restore.error} />}
      {data !== undefined && (
        <>
          <ChangeList changes={data.changes} />
          <div className={style["row"]}>
            <Button
              onClick={() => {
                editor.getState().replace(data.document as FlowDocument);
                onClose();
              }}
            >
              {t("takeAsDraft")}
            </Button>
            <Button look="main" disabled={restore.isPending} onClick={() => restore.mutate()}>
              {t("restore")}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}
