/** `/flows/FLOW/steps/STEP?field=FIELD` opens a step in the inspector, at the field. */

import { useEffect } from "react";
import { useRoute, useSearchParams } from "wouter";

import { useEditorStore } from "../flow/editor";

const TRIES = 120;
const CONTROLS = "input, textarea, select, button, [tabindex], [contenteditable=true]";

export function StepInAddress() {
  const editor = useEditorStore();
  const [, named] = useRoute("/flows/:flow/steps/:step");
  const [params] = useSearchParams();
  const step = named === null ? null : decodeURIComponent(named.step);
  const field = params.get("field") ?? "";
  useEffect(() => {
    if (step === null || !(step in editor.getState().document.components)) return;
    editor.getState().select([step]);
    if (field === "") return;
    let left = TRIES;
    let frame = requestAnimationFrame(function look() {
      left -= 1;
      if (!focusField(step, field) && left > 0) frame = requestAnimationFrame(look);
    });
    return () => cancelAnimationFrame(frame);
  }, [editor, step, field]);
  return null;
}

/** The form's field, or the nearest thing around it that it has drawn. */
function focusField(step: string, field: string): boolean {
  const parts = field.split(".");
  for (let end = parts.length; end > 0; end -= 1) {
    const id = [`step-${step}`, ...parts.slice(0, end)].join("_");
    const label = CSS.escape(`${id}-label`);
    const found =
      document.getElementById(id) ??
      document.querySelector<HTMLElement>(`[aria-labelledby~="${label}"]`);
    const control = found?.matches(CONTROLS) ? found : found?.querySelector<HTMLElement>(CONTROLS);
    if (control == null) continue;
    control.scrollIntoView({ block: "center" });
    control.focus();
    return true;
  }
  return false;
}
