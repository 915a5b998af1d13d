/** The keys that count anywhere on the page of a flow, and the clipboard. */

import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { openInspector } from "../canvas/focus";
import { useCommands, type Command } from "../shell/commands/registry";
import { isTyping, useKeys } from "../shell/keys";
import {
  duplicateSelected,
  foldSelected,
  pasteText,
  removeSelected,
  selectAll,
  selectedText,
} from "./actions";
import { useAddStep } from "./adding";
import { useCatalog } from "./catalog";
import { useEditor, useEditorStore } from "./editor";

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
  useStepCommands();
  return null;
}

/** Components to add, steps to go to, and what can be done with those that are chosen. */
function useStepCommands(): void {
  const { t } = useTranslation("commands");
  const editor = useEditorStore();
  const add = useAddStep();
  const { components } = useCatalog();
  const hasChosen = useEditor(
    ({ selected, selectedNotes }) => selected.length + selectedNotes.length > 0,
  );
  const names = useEditor(({ document }) => Object.keys(document.components).join(" "));
  const commands = useMemo(() => {
    const group = t("flow");
    const edits: Command[] = [
      {
        id: "undo",
        label: t("key.undo"),
        group,
        key: "undo",
        run: () => editor.getState().undo(),
      },
      {
        id: "redo",
        label: t("key.redo"),
        group,
        key: "redo",
        run: () => editor.getState().redo(),
      },
      { id: "all", label: t("key.all"), group, key: "all", run: () => selectAll(editor) },
    ];
    const chosen: Command[] = [
      {
        id: "copy",
        label: t("key.copy"),
        group,
        key: "copy",
        run: () => void navigator.clipboard.writeText(selectedText(editor) ?? ""),
      },
      {
        id: "duplicate",
        label: t("key.duplicate"),
        group,
        key: "duplicate",
        run: () => duplicateSelected(editor),
      },
      {
        id: "fold",
        label: t("key.fold"),
        group,
        key: "fold",
        run: () => foldSelected(editor),
      },
      {
        id: "remove",
        label: t("key.remove"),
        group,
        key: "remove",
        run: () => removeSelected(editor),
      },
    ];
    const steps = names
      .split(" ")
      .filter(Boolean)
      .map((name): Command => ({
        id: `step.${name}`,
        label: editor.getState().document.components[name]?.label ?? name,
        group: t("steps"),
        run: () => {
          editor.getState().reveal(name);
          openInspector(name);
        },
      }));
    const offered = [...components.values()].map((component): Command => ({
      id: `add.${component.name}`,
      label: component.label,
      group: t("adding"),
      words: [component.description, component.group, ...component.keywords].join(" "),
      icon: component.connector.icon,
      run: () => openInspector(add(component)),
    }));
    return [...edits, ...(hasChosen ? chosen : []), ...steps, ...offered];
  }, [add, components, editor, hasChosen, names, t]);
  useCommands("steps", commands);
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
