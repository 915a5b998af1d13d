/** The keys of the canvas, while the keyboard is in it. */

import { useReactFlow } from "@xyflow/react";
import type { KeyboardEvent } from "react";

import { foldSelected, moveSelected, removeSelected } from "../flow/actions";
import { useEditorStore } from "../flow/editor";
import { forget } from "../shared/patience";
import { handleKey } from "../shell/keys";
import { focusCard, openInspector } from "./focus";
import { noteId } from "./NoteNode";
import { useCanvasActions } from "./useCanvasActions";
import { walked, type Direction } from "./walking";

const STEP = 16;

export function useCanvasKeys(): (event: KeyboardEvent) => void {
  const editor = useEditorStore();
  const flow = useReactFlow();
  const { fit, tidy, writeNote, show, beginAdding } = useCanvasActions();

  const walk = (direction: Direction) => () => {
    const { document, selected, select } = editor.getState();
    const places = Object.fromEntries(flow.getNodes().map(({ id, position }) => [id, position]));
    const from = selected.at(-1);
    const next =
      from === undefined
        ? Object.keys(document.components)[0]
        : walked(document, places, from, direction);
    if (next == null) return;
    select([next]);
    show(next);
    focusCard(next);
  };
  const move = (x: number, y: number) => () => moveSelected(editor, { x: x * STEP, y: y * STEP });
  const chosen = () => {
    const { selected, selectedNotes } = editor.getState();
    const [note] = selectedNotes;
    return selected[0] ?? (note === undefined ? undefined : noteId(note));
  };

  return (event) => {
    const { selected } = editor.getState();
    const isButton = event.target instanceof Element && event.target.closest("button") !== null;
    // On a button, Enter presses it and Tab goes on.
    if (isButton && (event.key === "Enter" || event.key === "Tab")) return;
    handleKey(
      { ...keyOf(event), defaultPrevented: event.defaultPrevented },
      {
        add: beginAdding,
        fit,
        arrange: tidy,
        note: writeNote,
        fold: () => foldSelected(editor),
        open: () => {
          if (selected[0] !== undefined) openInspector(selected[0]);
          else if (chosen() !== undefined) editor.getState().beginRenaming(chosen() ?? null);
        },
        rename: () => editor.getState().beginRenaming(chosen() ?? null),
        remove: () => {
          removeSelected(editor);
          event.currentTarget.closest<HTMLElement>("[data-focus-home]")?.focus();
        },
        walkLeft: walk("left"),
        walkRight: walk("right"),
        walkUp: walk("up"),
        walkDown: walk("down"),
        moveLeft: move(-1, 0),
        moveRight: move(1, 0),
        moveUp: move(0, -1),
        moveDown: move(0, 1),
        close: () => {
          editor.getState().select([]);
          editor.getState().selectLink(null);
          forget();
          event.currentTarget.closest<HTMLElement>("[data-focus-home]")?.focus();
        },
      },
    );
  };
}

function keyOf(event: KeyboardEvent) {
  const { key, ctrlKey, metaKey, shiftKey, altKey, target } = event;
  return {
    key,
    ctrlKey,
    metaKey,
    shiftKey,
    altKey,
    target,
    preventDefault: () => event.preventDefault(),
  };
}
