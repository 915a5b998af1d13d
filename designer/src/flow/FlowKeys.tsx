/** The keys that count anywhere on the page of a flow, and the clipboard. */

import { useEffect } from "react";

import { isTyping, useKeys } from "../shell/keys";
import { duplicateSelected, pasteText, removeSelected, selectAll, selectedText } from "./actions";
import { useEditorStore } from "./editor";

const PANELS = ["side", "canvas", "inspector", "runs"];

export function FlowKeys() {
  const editor = useEditorStore();
  useKeys({
    undo: () => editor.getState().undo(),
    redo: () => editor.getState().redo(),
    duplicate: () => duplicateSelected(editor),
    all: () => selectAll(editor),
    next: () => leave(1),
    previous: () => leave(-1),
  });
  useEffect(() => {
    const copy = (event: ClipboardEvent) => {
      if (isTyping(event.target) || !(window.getSelection()?.isCollapsed ?? true)) return;
      const text = selectedText(editor);
      if (text === null) return;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
      if (event.type === "cut") removeSelected(editor);
    };
    const paste = (event: ClipboardEvent) => {
      if (isTyping(event.target)) return;
      if (pasteText(editor, event.clipboardData?.getData("text/plain") ?? "")) {
        event.preventDefault();
      }
    };
    document.addEventListener("copy", copy);
    document.addEventListener("cut", copy);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("copy", copy);
      document.removeEventListener("cut", copy);
      document.removeEventListener("paste", paste);
    };
  }, [editor]);
  return null;
}

/** From the panel with the keyboard to the next one, or the one before. */
function leave(step: number): void {
  const panels = PANELS.flatMap((id) => document.getElementById(id) ?? []).filter(
    (panel) => panel.offsetWidth > 0,
  );
  const now = panels.findIndex((panel) => panel.contains(document.activeElement));
  const next = panels[(now + step + panels.length) % panels.length];
  const first = next?.querySelector<HTMLElement>(
    "[data-focus-home], input, select, textarea, button, [tabindex='0']",
  );
  first?.focus();
}
