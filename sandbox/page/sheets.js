/* The sheet that comes up from the bottom of a phone: one at a time, closed by Escape or a tap beside it. */

import { button, el, icon, newId } from "./dom.js";
import { t } from "./words.js";

export function createSheets(screen) {
  const root = el("div", { class: "veil", hidden: true });
  let before = null;

  function close() {
    if (root.hidden) return;
    root.hidden = true;
    root.replaceChildren();
    for (const one of screen.children) one.inert = false;
    (before?.isConnected ? before : screen.querySelector(".chat")).focus();
  }

  /* `parts` gets the function that closes the sheet, and gives what is in it. */
  function open(title, parts) {
    before = document.activeElement;
    const id = newId("sheet");
    const sheet = el(
      "div",
      { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": id },
      el("div", { class: "grip" }, el("h2", { id, dir: "auto" }, title), button(t("Close"), close, { class: "quiet" }, icon("close"))),
      el("div", { class: "inside" }, parts(close)),
    );
    root.replaceChildren(sheet);
    root.hidden = false;
    for (const one of screen.children) one.inert = one !== root;
    (sheet.querySelector(".inside button, .inside input, .inside textarea") ?? sheet.querySelector("button"))?.focus();
  }

  root.addEventListener("click", (event) => event.target === root && close());
  root.addEventListener("keydown", (event) => event.key === "Escape" && close());
  return { root, open, close };
}
