/* The clock of the sandbox: what it says, and how it is moved. */

import { api } from "./api.js";
import { button, el, icon, newId } from "./dom.js";
import { now, on, store } from "./store.js";
import { clockTime, dayOf, duration, exactTime, nearTime } from "./texts.js";
import { trying } from "./toasts.js";
import { t } from "./words.js";

const SPEEDS = [1, 10, 60, 600, 3600];
const HOUR_S = 3600;
const DAY_S = 86400;
/* So far from the reader's own clock, the sandbox's has been moved. */
const MOVED_S = 90;

export const move = (change) => trying(() => api.moveClock(change));

/* Stops the clock, or lets it go on. */
export function freezeButton() {
  const freeze = button(t("Freeze"), () => move({ freeze: !store.clock?.frozen }), { "aria-pressed": "false" });
  on("clock", () => {
    const { frozen } = store.clock;
    freeze.setAttribute("aria-pressed", String(frozen));
    freeze.textContent = frozen ? t("Frozen") : t("Freeze");
  });
  return freeze;
}

export function speedChoice() {
  const speed = el(
    "select",
    { "aria-label": t("Speed of the clock"), onchange: () => move({ speed: Number(speed.value) }) },
    ...SPEEDS.map((times) => el("option", { value: times }, `${times}×`)),
  );
  on("clock", () => {
    if (document.activeElement === speed) return;
    const chosen = String(store.clock.speed);
    if (![...speed.options].some((option) => option.value === chosen)) {
      speed.append(el("option", { value: chosen }, `${chosen}×`));
    }
    speed.value = chosen;
  });
  return speed;
}

/* The clock as one button; the rest is in its menu. `windowLeft` says how long the window is open. */
export function clockMenu(windowLeft) {
  const id = newId("clock");
  const face = el("span", { class: "now" });
  const opener = button(t("Clock"), null, { class: "quiet clock-face", popovertarget: id, "aria-haspopup": "dialog" }, icon("clock"), face);
  const time = el("p", { class: "time" });
  const rest = el("p", { class: "window" });
  const toEnd = button(t("To the end of the window"), () => move({ advanceS: Math.ceil(windowLeft()) + 1 }));
  const menu = el(
    "div",
    { id, popover: "auto", class: "menu moves", role: "dialog", "aria-label": t("Clock") },
    el("h2", {}, t("Clock of the sandbox")),
    time,
    rest,
    el("div", { class: "ahead" }, aheadBy("+1 h", HOUR_S), aheadBy("+6 h", 6 * HOUR_S), aheadBy("+24 h", DAY_S)),
    toEnd,
    ownMove(),
    el("div", { class: "pace" }, freezeButton(), speedChoice()),
  );
  const show = () => {
    if (!store.clock) return;
    const at = now();
    const isMoved = Math.abs(at - Date.now() / 1000) > MOVED_S;
    face.textContent = nearTime(at);
    const words = `${t("Clock")}: ${dayOf(at)}, ${clockTime(at)}`;
    if (opener.title !== words) {
      opener.title = words;
      opener.setAttribute("aria-label", words);
    }
    opener.classList.toggle("moved", isMoved);
    time.replaceChildren(el("b", {}, exactTime(at)), el("small", {}, dayOf(at)));
    const left = windowLeft();
    rest.classList.toggle("open", left > 0);
    rest.textContent = left > 0 ? t("Window open, {time} left", { time: duration(left) }) : t("Window closed: only templates arrive");
    toEnd.disabled = left <= 0;
  };
  for (const topic of ["clock", "people", "row"]) on(topic, show);
  setInterval(show, 500);
  return [opener, menu];
}

const aheadBy = (label, seconds) => button(label, () => move({ advanceS: seconds }), { "aria-label": t("Clock {span}", { span: label }) });

function ownMove() {
  const count = el("input", { type: "number", min: 1, max: 999, step: 1, value: 3, required: true, "aria-label": t("How many") });
  const unit = el("select", { "aria-label": t("Unit") }, el("option", { value: 60 }, t("minutes")), el("option", { value: HOUR_S }, t("hours")), el("option", { value: DAY_S, selected: true }, t("days")));
  const submit = (event) => {
    event.preventDefault();
    move({ advanceS: Number(count.value) * Number(unit.value) });
  };
  return el("form", { class: "by", onsubmit: submit }, count, unit, el("button", {}, t("Move ahead")));
}
