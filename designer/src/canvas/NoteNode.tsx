import { NodeResizer, type Node, type NodeProps } from "@xyflow/react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";

import { changeNote, without, type FlowNote } from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { classes } from "../shared/ui/Button";
import style from "./canvas.module.css";

export type NoteNodeType = Node<{ key: string }, "note">;

const NOTE = "note:";
export const NOTE_SIZE = { width: 220, height: 120 };
const COLORS = ["yellow", "green", "blue", "red", "grey"] as const;

export function noteId(key: string): string {
  return `${NOTE}${key}`;
}

/** The key of the note that a node shows, or null if it shows a step. */
export function noteOf(id: string): string | null {
  return id.startsWith(NOTE) ? id.slice(NOTE.length) : null;
}

/** A text beside the steps. */
export const NoteNode = memo(function NoteNode({ data, selected }: NodeProps<NoteNodeType>) {
  const { t } = useTranslation("canvas");
  const editor = useEditorStore();
  const note = useEditor((state) => state.document.notes?.[data.key]);
  const isWriting = useEditor((state) => state.renaming === noteId(data.key));
  if (note === undefined) return null;
  const change = (edit: (note: FlowNote) => FlowNote, merge?: string) =>
    editor.getState().change((before) => changeNote(before, data.key, edit), merge);
  return (
    <>
      <NodeResizer
        isVisible={selected}
        minWidth={120}
        minHeight={48}
        onResizeEnd={(_, { x, y, width, height }) =>
          change((before) => ({
            ...before,
            position: { x: Math.round(x), y: Math.round(y) },
            size: { width: Math.round(width), height: Math.round(height) },
          }))
        }
      />
      <div
        className={style["note"]}
        data-color={note.color ?? "yellow"}
        data-selected={selected}
        data-step={noteId(data.key)}
        role="group"
        tabIndex={-1}
        aria-roledescription={t("note")}
        aria-label={note.text}
        onDoubleClick={(event) => {
          event.stopPropagation();
          editor.getState().beginRenaming(noteId(data.key));
        }}
      >
        {isWriting ? (
          <NoteText noteKey={data.key} text={note.text} />
        ) : (
          <p>{note.text === "" ? <span className="soft">{t("noteEmpty")}</span> : note.text}</p>
        )}
        {selected && (
          <div className={classes(style["colors"], "nodrag")} role="group" aria-label={t("color")}>
            {COLORS.map((color) => (
              <button
                key={color}
                type="button"
                tabIndex={-1}
                data-color={color}
                aria-pressed={(note.color ?? "yellow") === color}
                aria-label={t(`colors.${color}`)}
                onClick={() =>
                  change((before) =>
                    color === "yellow" ? without(before, "color") : { ...before, color },
                  )
                }
              />
            ))}
          </div>
        )}
      </div>
    </>
  );
});

function NoteText({ noteKey, text }: { noteKey: string; text: string }) {
  const { t } = useTranslation("canvas");
  const editor = useEditorStore();
  const [written, setWritten] = useState(text);
  const end = () => {
    const { renaming, beginRenaming, change } = editor.getState();
    if (renaming !== noteId(noteKey)) return;
    beginRenaming(null);
    change(
      (before) =>
        changeNote(before, noteKey, (note) =>
          note.text === written ? note : { ...note, text: written },
        ),
      text === "" ? noteId(noteKey) : undefined,
    );
  };
  return (
    <textarea
      ref={(area) => area?.focus()}
      className="nodrag nowheel nopan"
      aria-label={t("note")}
      maxLength={10_000}
      value={written}
      onChange={(event) => setWritten(event.target.value)}
      onBlur={end}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        const home = event.currentTarget.closest<HTMLElement>("[data-focus-home]");
        end();
        home?.focus();
      }}
    />
  );
}
