/** The keyboard brought to a field of a step's form, which may only be drawn yet. */

const TRIES = 120;
const CONTROLS = "input, textarea, select, button, [tabindex], [contenteditable=true]";

/** Focus the field as soon as it is there; call what is returned to give up. */
export function focusField(step: string, field: string): () => void {
  let left = TRIES;
  let frame = requestAnimationFrame(function look() {
    left -= 1;
    if (!isFocused(step, field) && left > 0) frame = requestAnimationFrame(look);
  });
  return () => cancelAnimationFrame(frame);
}

/** The form's field, or the nearest thing around it that it has drawn. */
function isFocused(step: string, field: string): boolean {
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
