/* The bar: the clock of the sandbox, the faults, and the way back to the start. */

import { api } from "./api.js";
import { button, el, icon, newId } from "./dom.js";
import { faultsMenu } from "./faults.js";
import { now, on, store } from "./store.js";
import { exactTime, dayOf } from "./texts.js";
import { toast, trying } from "./toasts.js";

const SPEEDS = [1, 10, 60, 600, 3600];

export function drawBar(place) {
  const time = el("span", { class: "time" }, "…");
  const freeze = button("Freeze", () => move({ freeze: !store.clock?.frozen }), { "aria-pressed": "false" });
  const speed = el(
    "select",
    { "aria-label": "Speed of the clock", onchange: () => move({ speed: Number(speed.value) }) },
    ...SPEEDS.map((times) => el("option", { value: times }, `${times}×`)),
  );
  place.append(
    el(
      "div",
      { class: "clock", role: "group", "aria-label": "Clock" },
      icon("clock"),
      time,
      freeze,
      button("+1 h", () => move({ advanceS: 3600 })),
      button("+24 h", () => move({ advanceS: 86400 })),
      speed,
    ),
    ...faultsMenu(),
    ...resetButton(),
    el("a", { class: "docs", href: "/_sandbox/docs" }, "Controls"),
  );
  const show = () => showClock(time, freeze, speed);
  on("clock", show);
  setInterval(show, 250);
}

function showClock(time, freeze, speed) {
  if (!store.clock) return;
  const at = now();
  time.replaceChildren(el("span", { class: "date" }, `${dayOf(at)}, `), exactTime(at));
  time.title = new Date(at * 1000).toISOString();
  const { frozen } = store.clock;
  freeze.setAttribute("aria-pressed", String(frozen));
  freeze.textContent = frozen ? "Frozen" : "Freeze";
  if (document.activeElement === speed) return;
  const chosen = String(store.clock.speed);
  if (![...speed.options].some((option) => option.value === chosen)) {
    speed.append(el("option", { value: chosen }, `${chosen}×`));
  }
  speed.value = chosen;
}

const move = (change) => trying(() => api.moveClock(change));

function resetButton() {
  const id = newId("reset");
  const menu = el(
    "div",
    { id, popover: "auto", class: "menu", role: "dialog", "aria-label": "Reset the sandbox" },
    el("p", {}, "Back to the first state: all messages, people, faults and settings of this sandbox are forgotten, and its callback too."),
    el(
      "div",
      { class: "actions" },
      button("Keep it", () => menu.hidePopover()),
      button("Reset everything", () => reset(menu), { class: "strong danger" }),
    ),
  );
  return [button("Reset", null, { popovertarget: id }), menu];
}

async function reset(menu) {
  menu.hidePopover();
  if (await trying(api.reset)) toast("The sandbox is as it was at the start.");
}
