/** Taking the keyboard to where one goes on. */

import { asSoonAsDrawn } from "../shared/patience";

const FIELDS = "input, textarea, select, [contenteditable=true]";

/** The step's form; there the first empty field that is needed, or the first empty one. */
export function openInspector(name: string): void {
  asSoonAsDrawn(() => {
    const panel = document.querySelector(`#inspector [data-of="${CSS.escape(name)}"]`);
    // Forms and editors are loaded when they are needed first; a dialog keeps the keyboard.
    const isBusy =
      panel?.querySelector("[data-loading]") ?? document.querySelector("[role=dialog]");
    if (panel === null || isBusy !== null) return false;
    const fields = [...panel.querySelectorAll<HTMLElement>(FIELDS)].filter(
      (field) => field.offsetParent !== null && !field.matches(":disabled, [type=hidden]"),
    );
    if (fields.length === 0) {
      const button = panel.querySelector<HTMLElement>("[role=tabpanel][data-state=active] button");
      button?.focus();
      return button !== null;
    }
    const empty = fields.filter((field) => valueOf(field) === "");
    const needed = empty.find((field) => field.matches("[required], [aria-required=true]"));
    (needed ?? empty[0] ?? fields[0])?.focus();
    return true;
  });
}

function valueOf(field: HTMLElement): string {
  if (field instanceof HTMLInputElement && /checkbox|radio/.test(field.type)) return "on";
  if ("value" in field) return String(field.value);
  return field.querySelector(".cm-placeholder") === null ? field.textContent : "";
}

/** The step's card, once it is drawn. */
export function focusCard(id: string): void {
  asSoonAsDrawn(() => {
    const card = document.querySelector<HTMLElement>(`[data-step="${CSS.escape(id)}"]`);
    card?.focus({ preventScroll: true });
    return card !== null;
  });
}
