/** `/flows/FLOW/steps/STEP?field=FIELD` opens a step in the inspector, at the field. */

import { useEffect } from "react";
import { useRoute, useSearchParams } from "wouter";

import { useEditorStore } from "../flow/editor";
import { focusField } from "../inspector/form/focus-field";

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
    return focusField(step, field);
  }, [editor, step, field]);
  return null;
}
