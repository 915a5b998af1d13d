/* Short notes at the edge of the page: what was refused, and what was done. */

import { el } from "./dom.js";

const SHOWN_MS = 6000;

export function toast(text, kind = "note") {
  const note = el("p", { class: `toast ${kind}` }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), SHOWN_MS);
}

/* Does something and tells of its failure; gives undefined then. */
export async function trying(act) {
  try {
    return await act();
  } catch (wrong) {
    toast(wrong.message, "wrong");
    return undefined;
  }
}
