/* Behind three dots: what the phone does by itself, what shall go wrong, and the way back to the start. */

import { api } from "./api.js";
import { button, el, icon, newId } from "./dom.js";
import { faultsPanel } from "./faults.js";
import { toast, trying } from "./toasts.js";
import { t } from "./words.js";

export function moreMenu() {
  const id = newId("more");
  const switches = el("div", {});
  const faults = faultsPanel();
  const folded = el("details", {}, el("summary", {}, t("Make something go wrong")), faults.parts);
  folded.addEventListener("toggle", () => folded.open && faults.show());
  const menu = el(
    "div",
    { id, popover: "auto", class: "menu more-menu", role: "dialog", "aria-label": t("More") },
    el("h2", {}, t("This phone")),
    switches,
    folded,
    el("details", {}, el("summary", {}, t("Reset the sandbox")), resetPanel(() => menu.hidePopover())),
    el("a", { class: "leave", href: "/", target: "_blank", rel: "noopener" }, icon("link"), t("All phones and the log")),
  );
  menu.addEventListener("toggle", (event) => event.newState === "open" && folded.open && faults.show());
  return {
    parts: [button(t("More"), null, { class: "quiet dots-face", popovertarget: id, "aria-haspopup": "dialog" }, icon("more")), menu],
    hold: (root) => switches.replaceChildren(root),
  };
}

/* What a reset forgets, and the button that does it. */
export function resetPanel(close) {
  const reset = async () => {
    close();
    if (await trying(api.reset)) toast(t("The sandbox is as it was at the start."));
  };
  return [
    el("p", {}, t("Back to the first state: all messages, people, faults and settings of this sandbox are forgotten, and its callback too.")),
    el("div", { class: "actions" }, button(t("Keep it"), close), button(t("Reset everything"), reset, { class: "strong danger" })),
  ];
}
