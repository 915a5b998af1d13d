/* Whose phone is shown: a button with the name, and behind it everybody who is there. */

import { button, el, icon, newId } from "./dom.js";
import { avatar, knownBy } from "./holder.js";
import { newcomerMenu } from "./newcomer.js";
import { now, on, openOnly, openPhones, store } from "./store.js";
import { phoneNumber } from "./texts.js";
import { trying } from "./toasts.js";
import { t } from "./words.js";

const MAX_CHOICES = 60;
const SEARCHED_FROM = 8;

export function drawChooser(place) {
  const id = newId("people");
  const search = el("input", { type: "search", placeholder: t("Find a person"), "aria-label": t("Find a person"), oninput: () => drawChoices() });
  const list = el("ul", { class: "choices" });
  const newcomer = newcomerMenu(choose);
  const add = button(null, () => {
    menu.hidePopover();
    newcomer.showPopover();
  }, { class: "option row-option add" }, icon("plus"), t("New person…"));
  const menu = el("div", { id, popover: "auto", class: "menu choose", role: "dialog", "aria-label": t("Whose phone") }, search, list, add);
  const face = button(null, null, { class: "quiet face", popovertarget: id, "aria-haspopup": "dialog" }, "…");
  place.append(face, menu, newcomer);

  menu.addEventListener("toggle", (event) => event.newState === "open" && opened());
  menu.addEventListener("keydown", walk);
  for (const topic of ["people", "row"]) on(topic, () => (drawFace(), drawChoices()));

  function opened() {
    search.value = "";
    drawChoices();
    (search.hidden ? list.querySelector("[aria-current]") ?? add : search).focus();
  }

  async function choose(key) {
    if (menu.matches(":popover-open")) menu.hidePopover();
    await trying(() => openOnly(key));
  }

  function drawFace() {
    const person = store.people.get(openPhones()[0]);
    const elsewhere = [...store.unseen.values()].reduce((sum, one) => sum + one, 0);
    const signature = JSON.stringify([person?.name, person?.waId, person?.online, elsewhere]);
    if (face.dataset.signature === signature) return;
    face.dataset.signature = signature;
    face.replaceChildren(
      avatar(person?.name ?? "?"),
      el("span", { class: "as" }, el("small", {}, t("You write as")), el("b", { dir: "auto" }, person ? nameOf(person) : t("nobody"))),
      ...(elsewhere ? [unseenBadge(elsewhere)] : []),
      icon("down"),
    );
  }

  function drawChoices() {
    if (!menu.matches(":popover-open")) return;
    const wanted = search.value.trim().toLowerCase();
    const all = [...store.people.values()];
    const fitting = all.filter((one) => !wanted || `${one.name} ${one.waId} ${one.bsuid}`.toLowerCase().includes(wanted));
    search.hidden = all.length < SEARCHED_FROM;
    const focused = document.activeElement?.closest?.(".choice")?.dataset.key;
    list.replaceChildren(...fitting.slice(0, MAX_CHOICES).map((one) => el("li", {}, choice(one, choose))));
    if (fitting.length > MAX_CHOICES) list.append(el("li", { class: "empty" }, t("and {count} more: search", { count: fitting.length - MAX_CHOICES })));
    if (!fitting.length) list.append(el("li", { class: "empty" }, t("Nobody of that name.")));
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  /* Arrows go from one to the next, as Tab does. */
  function walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const stops = [...menu.querySelectorAll("input, button")].filter((one) => one.checkVisibility());
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

const nameOf = (person) => person.name || phoneNumber(person.waId);

export const unseenBadge = (count) => el("span", { class: "unseen", role: "img", "aria-label": t("{count} unseen", { count }) }, String(count));

function choice(person, choose) {
  const isShown = openPhones()[0] === person.waId;
  const isReachable = person.windows.some((one) => one.openUntil > now());
  const unseen = store.unseen.get(person.waId);
  return button(
    null,
    () => choose(person.waId),
    { class: "option choice", "data-key": person.waId, "aria-current": isShown ? "true" : null },
    avatar(person.name),
    el("span", { class: "as" }, el("b", { dir: "auto" }, nameOf(person)), el("small", {}, [knownBy(person), person.online ? null : t("offline")].filter(Boolean).join(" · "))),
    unseen ? unseenBadge(unseen) : null,
    el("span", { class: `dot ${isReachable ? "open" : ""}`, role: "img", "aria-label": isReachable ? t("a window is open") : t("no window is open"), title: isReachable ? t("a window is open") : t("no window is open") }),
  );
}
