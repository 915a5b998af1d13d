/* The bar: the clock of the sandbox, the faults, and the way back to the start. */

import { freezeButton, move, speedChoice } from "./clock.js";
import { button, el, icon, newId } from "./dom.js";
import { faultsMenu } from "./faults.js";
import { resetPanel } from "./more.js";
import { now, on, store } from "./store.js";
import { dayOf, exactTime } from "./texts.js";
import { t } from "./words.js";

export function drawBar(place) {
  const time = el("span", { class: "time" }, "…");
  place.append(
    el(
      "div",
      { class: "clock", role: "group", "aria-label": t("Clock") },
      icon("clock"),
      time,
      freezeButton(),
      button("+1 h", () => move({ advanceS: 3600 })),
      button("+24 h", () => move({ advanceS: 86400 })),
      speedChoice(),
    ),
    ...faultsMenu(),
    ...resetButton(),
    el("a", { class: "docs", href: "/_sandbox/docs" }, t("Controls")),
  );
  const show = () => showClock(time);
  on("clock", show);
  setInterval(show, 250);
}

function showClock(time) {
  if (!store.clock) return;
  const at = now();
  time.replaceChildren(el("span", { class: "date" }, `${dayOf(at)}, `), exactTime(at));
  time.title = new Date(at * 1000).toISOString();
}

function resetButton() {
  const id = newId("reset");
  const menu = el("div", { id, popover: "auto", class: "menu", role: "dialog", "aria-label": t("Reset the sandbox") });
  menu.append(...resetPanel(() => menu.hidePopover()));
  return [button(t("Reset"), null, { popovertarget: id }), menu];
}
