/** Name and state of the flow, and what can be done with all of it. */

import {
  Download,
  Ellipsis,
  FlaskConical,
  History,
  Play,
  Redo2,
  Save,
  Square,
  Trash2,
  Undo2,
  Upload,
  Zap,
} from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { Button, classes, IconButton } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { Menu } from "../shared/ui/Menu";
import { ErrorNote, Note } from "../shared/ui/Note";
import { useTitle } from "../shared/ui/Page";
import { toast } from "../shared/ui/toasts";
import { useCommands, type Command } from "../shell/commands/registry";
import { keyText, useKeys } from "../shell/keys";
import { flowIn } from "./clipboard";
import { useEditor, useEditorStore } from "./editor";
import style from "./flow.module.css";
import { RunDialog } from "./RunDialog";
import { SavingNote, SavingSign } from "./SavingSign";
import { download, useFlowActions, useStoredFlow } from "./stored";
import { VersionsDialog } from "./VersionsDialog";

type Open = "test" | "run" | "versions" | "delete" | null;

export function TopBar() {
  const { t } = useTranslation("flow");
  const editor = useEditorStore();
  const stored = useStoredFlow();
  const { save, start, stop, remove } = useFlowActions();
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<Open>(null);
  const [isNoFlow, setNoFlow] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const name = useEditor((state) => state.document.name);
  useTitle(name);
  const { flowId } = editor.getState();
  const isRunning = stored?.state === "running";
  const isBusy = save.isPending || start.isPending || stop.isPending;
  const error = start.error ?? save.error ?? stop.error ?? remove.error;
  useKeys({ save: () => save.mutate(), test: () => setOpen("test") });
  useFlowCommands({
    isStored: stored !== null,
    isRunning,
    open: setOpen,
    save: save.mutate,
    start: start.mutate,
    stop: stop.mutate,
  });
  const read = async (file: File) => {
    const document = flowIn(await file.text());
    setNoFlow(document === null);
    if (document === null) return;
    editor.getState().replace(document);
    toast(t("imported"));
  };
  return (
    <header className={style["top"]}>
      <h1 className="unseen">{name}</h1>
      <div className={style["bar"]}>
        <NameField />
        <StateBadge isRunning={isRunning} version={stored?.runningVersion ?? null} />
        <SavingSign />
        <UndoButtons />
        <span className={style["space"]} />
        <Button onClick={() => setOpen("test")}>
          <FlaskConical size={16} aria-hidden />
          <span className={style["word"]}>{t("test")}</span>
        </Button>
        {stored !== null && (
          <Button onClick={() => setOpen("run")}>
            <Zap size={16} aria-hidden />
            <span className={style["word"]}>{t("runNow")}</span>
          </Button>
        )}
        <Button onClick={() => save.mutate()} disabled={isBusy}>
          <Save size={16} aria-hidden />
          <span className={style["word"]}>{t("save")}</span>
        </Button>
        {isRunning && (
          <Button look="danger" onClick={() => stop.mutate()} disabled={isBusy}>
            <Square size={16} aria-hidden />
            <span className={style["word"]}>{t("stop")}</span>
          </Button>
        )}
        {(!isRunning || stored.runningVersion !== stored.version) && (
          <Button look="main" data-guide="start" onClick={() => start.mutate()} disabled={isBusy}>
            <Play size={16} aria-hidden />
            {/* Beside what stops it there is no room for both words on a phone. */}
            <span className={classes(isRunning && style["word"])}>
              {t(isRunning ? "update" : "start")}
            </span>
          </Button>
        )}
        <Menu
          items={[
            {
              label: t("versions"),
              icon: <History size={16} aria-hidden />,
              isDisabled: stored === null,
              onSelect: () => setOpen("versions"),
            },
            {
              label: t("export"),
              icon: <Download size={16} aria-hidden />,
              onSelect: () => download(editor.getState().document, flowId),
            },
            {
              label: t("import"),
              icon: <Upload size={16} aria-hidden />,
              onSelect: () => chooser.current?.click(),
            },
            null,
            {
              label: t("delete"),
              icon: <Trash2 size={16} aria-hidden />,
              onSelect: () => setOpen("delete"),
            },
          ]}
        >
          <IconButton label={t("more")}>
            <Ellipsis size={16} aria-hidden />
          </IconButton>
        </Menu>
        <input
          ref={chooser}
          type="file"
          accept=".json,application/json"
          hidden
          aria-label={t("import")}
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            if (file !== undefined) void read(file);
            event.target.value = "";
          }}
        />
      </div>
      <SavingNote />
      {error !== null && <ErrorNote error={error} />}
      {isNoFlow && <Note title={t("notImported")} cause={t("notAFlow")} cure={t("importCure")} />}
      {stored !== null && !isRunning && stored.reason !== "" && error === null && (
        <Note state="advice" title={t("stoppedBecause")} cause={stored.reason} cure="" />
      )}
      {open === "test" && <RunDialog isDraft onClose={() => setOpen(null)} />}
      {open === "run" && <RunDialog isDraft={false} onClose={() => setOpen(null)} />}
      {open === "versions" && stored !== null && (
        <VersionsDialog flow={stored} onClose={() => setOpen(null)} />
      )}
      <Dialog
        title={t("deleteAsk", { name })}
        isOpen={open === "delete"}
        onClose={() => setOpen(null)}
      >
        <p>{t("deleteText")}</p>
        <DialogActions>
          <Button onClick={() => setOpen(null)}>{t("cancel")}</Button>
          <Button
            look="danger"
            disabled={remove.isPending}
            onClick={() => remove.mutate(undefined, { onSuccess: () => navigate("/flows") })}
          >
            {t("delete")}
          </Button>
        </DialogActions>
      </Dialog>
    </header>
  );
}

interface FlowCommands {
  isStored: boolean;
  isRunning: boolean;
  open: (dialog: Open) => void;
  save: () => void;
  start: () => void;
  stop: () => void;
}

/** What the bar can do, for the search through everything. */
function useFlowCommands({ isStored, isRunning, open, save, start, stop }: FlowCommands): void {
  const { t } = useTranslation("flow");
  const group = useTranslation("commands").t("flow");
  const commands = useMemo(() => {
    const list: Command[] = [
      { id: "test", label: t("test"), group, key: "test", run: () => open("test") },
      { id: "save", label: t("save"), group, key: "save", run: () => save() },
      isRunning
        ? { id: "stop", label: t("stop"), group, run: () => stop() }
        : { id: "start", label: t("start"), group, run: () => start() },
      { id: "delete", label: t("delete"), group, run: () => open("delete") },
    ];
    return isStored
      ? [
          ...list,
          { id: "run", label: t("runNow"), group, run: () => open("run") },
          { id: "versions", label: t("versions"), group, run: () => open("versions") },
        ]
      : list;
  }, [group, isRunning, isStored, open, save, start, stop, t]);
  useCommands("flow", commands);
}

function NameField() {
  const { t } = useTranslation("flow");
  const editor = useEditorStore();
  const name = useEditor((state) => state.document.name);
  return (
    <input
      className={style["name"]}
      aria-label={t("name")}
      value={name}
      maxLength={200}
      onChange={(event) =>
        editor.getState().change((document) => ({ ...document, name: event.target.value }), "name")
      }
    />
  );
}

function UndoButtons() {
  const { t } = useTranslation("flow");
  const editor = useEditorStore();
  const canUndo = useEditor((state) => state.past.length > 0);
  const canRedo = useEditor((state) => state.future.length > 0);
  return (
    <>
      <IconButton
        label={t("undo")}
        keys={keyText("undo")}
        disabled={!canUndo}
        onClick={() => editor.getState().undo()}
      >
        <Undo2 size={16} aria-hidden />
      </IconButton>
      <IconButton
        label={t("redo")}
        keys={keyText("redo")}
        disabled={!canRedo}
        onClick={() => editor.getState().redo()}
      >
        <Redo2 size={16} aria-hidden />
      </IconButton>
    </>
  );
}

function StateBadge({ isRunning, version }: { isRunning: boolean; version: number | null }) {
  const { t } = useTranslation("flow");
  return (
    <span className={style["badge"]} data-running={isRunning}>
      {isRunning ? t("isRunning", { version }) : t("isStopped")}
    </span>
  );
}
