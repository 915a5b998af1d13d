import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, Play, Redo2, Save, Square, Undo2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import { api, take } from "../shared/api/client";
import { flow } from "../shared/api/queries";
import { Button, IconButton } from "../shared/ui/Button";
import { ErrorNote } from "../shared/ui/Note";
import { useTitle } from "../shared/ui/Page";
import { toast } from "../shared/ui/toasts";
import { useEditor, useEditorStore } from "./editor";
import style from "./flow.module.css";
import { useSaving, useSavingStore } from "./saving-context";

/** Name and state of the flow, and what can be done with all of it. */
export function TopBar() {
  const { t } = useTranslation("flow");
  const editor = useEditorStore();
  const saving = useSavingStore();
  const client = useQueryClient();
  const id = editor.getState().flowId;
  const stored = useQuery({ ...flow(id), retry: false });
  const name = useEditor((state) => state.document.name);
  const canUndo = useEditor((state) => state.past.length > 0);
  const canRedo = useEditor((state) => state.future.length > 0);
  useTitle(name);
  const params = { params: { path: { flow_id: id } } };
  const refresh = () => client.invalidateQueries({ queryKey: ["flows"] });
  const save = useMutation({
    mutationFn: async () => {
      await saving.flush();
      const { document } = editor.getState();
      return take(api.PUT("/api/flows/{flow_id}", { ...params, body: document as never }));
    },
    onSuccess: (answer) => {
      toast(t("versionSaved", { version: answer.version }));
      return refresh();
    },
  });
  const start = useMutation({
    mutationFn: async () => {
      await save.mutateAsync();
      return take(api.POST("/api/flows/{flow_id}/start", params));
    },
    onSuccess: () => {
      toast(t("started"));
      return refresh();
    },
  });
  const stop = useMutation({
    mutationFn: () => take(api.POST("/api/flows/{flow_id}/stop", params)),
    onSuccess: () => {
      toast(t("stopped"));
      return refresh();
    },
  });
  const isRunning = stored.data?.state === "running";
  const error = start.error ?? save.error ?? stop.error;
  return (
    <header className={style["top"]}>
      <div className={style["bar"]}>
        <input
          className={style["name"]}
          aria-label={t("name")}
          value={name}
          maxLength={200}
          onChange={(event) =>
            editor
              .getState()
              .change((document) => ({ ...document, name: event.target.value }), "name")
          }
        />
        <SavingSign />
        <IconButton
          label={t("undo")}
          keys="Ctrl Z"
          disabled={!canUndo}
          onClick={() => editor.getState().undo()}
        >
          <Undo2 size={16} aria-hidden />
        </IconButton>
        <IconButton
          label={t("redo")}
          keys="Ctrl ⇧ Z"
          disabled={!canRedo}
          onClick={() => editor.getState().redo()}
        >
          <Redo2 size={16} aria-hidden />
        </IconButton>
        <span className={style["space"]} />
        <Button onClick={() => save.mutate()} disabled={save.isPending}>
          <Save size={16} aria-hidden />
          {t("save")}
        </Button>
        {isRunning ? (
          <Button look="danger" onClick={() => stop.mutate()} disabled={stop.isPending}>
            <Square size={16} aria-hidden />
            {t("stop")}
          </Button>
        ) : (
          <Button look="main" onClick={() => start.mutate()} disabled={start.isPending}>
            <Play size={16} aria-hidden />
            {t("start")}
          </Button>
        )}
      </div>
      {error !== null && <ErrorNote error={error} />}
    </header>
  );
}

function SavingSign() {
  const { t } = useTranslation("flow");
  const saving = useSavingStore();
  const editor = useEditorStore();
  const { state, faults } = useSaving((now) => now);
  if (state === "conflict") {
    const theirs = async () => {
      const path = { flow_id: editor.getState().flowId };
      const draft = await take(api.GET("/api/flows/{flow_id}/draft", { params: { path } }));
      editor.getState().reset(draft.document as never);
      saving.took(draft);
    };
    return (
      <div role="alert" className={style["conflict"]}>
        <strong>{t("conflict.title")}</strong>
        <Button isSmall onClick={() => void theirs()}>
          {t("conflict.theirs")}
        </Button>
        <Button isSmall onClick={() => void saving.keepMine()}>
          {t("conflict.mine")}
        </Button>
      </div>
    );
  }
  const word = { saved: "saved", saving: "saving", pending: "saving", failed: "unsaved" } as const;
  return (
    <span className="soft" role="status">
      {t(word[state])}
      {faults.length > 0 && (
        <span className={style["faults"]}>
          <CircleAlert size={14} aria-hidden /> {faults.length}
        </span>
      )}
    </span>
  );
}
