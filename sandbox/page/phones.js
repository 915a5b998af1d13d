/* The people and the row of their phones: who is there, which phones are open, one more person. */

import { unseenBadge } from "./chooser.js";
import { button, el, icon } from "./dom.js";
import { createHolder } from "./holder.js";
import { newcomerMenu } from "./newcomer.js";
import { createPhone } from "./phone.js";
import { closePhone, now, on, openPhone, store } from "./store.js";
import { phoneNumber } from "./texts.js";
import { trying } from "./toasts.js";
import { t } from "./words.js";

const MAX_CHIPS = 40;

export function drawPhones(people, row) {
  const shown = new Map();
  const search = el("input", { type: "search", placeholder: t("Find a person"), "aria-label": t("Find a person"), oninput: () => drawPeople() });
  const chips = el("div", { class: "chips" });
  people.append(search, chips, ...newPerson());

  function drawPeople() {
    const wanted = search.value.trim().toLowerCase();
    const all = [...store.people.values()];
    const fitting = all.filter((one) => !wanted || `${one.name} ${one.waId} ${one.bsuid}`.toLowerCase().includes(wanted));
    search.hidden = all.length < 8;
    const focused = document.activeElement?.closest?.(".chip")?.dataset.key;
    chips.replaceChildren(...fitting.slice(0, MAX_CHIPS).map(chip));
    if (fitting.length > MAX_CHIPS) chips.append(el("span", { class: "empty" }, t("and {count} more: search", { count: fitting.length - MAX_CHIPS })));
    if (store.isLoaded && !fitting.length) chips.append(el("span", { class: "empty" }, t("Nobody of that name.")));
    if (focused) chips.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  function drawRow() {
    for (const [key, phone] of shown) {
      if (store.phones.has(key)) continue;
      phone.root.remove();
      shown.delete(key);
    }
    for (const key of store.phones.keys()) {
      if (!shown.has(key)) shown.set(key, createPhone(key, createHolder));
      shown.get(key).draw();
    }
    const roots = [...store.phones.keys()].map((key) => shown.get(key).root);
    const isSame = roots.length === row.children.length && roots.every((root, index) => row.children[index] === root);
    if (!isSame) row.replaceChildren(...(roots.length ? roots : [empty()]));
  }

  on("people", () => {
    drawPeople();
    for (const phone of shown.values()) phone.drawPerson();
  });
  on("row", drawRow);
  on("clock", () => shown.forEach((phone) => phone.drawPerson()));
  on("failed", () => store.isLoaded || row.replaceChildren(el("p", { class: "waiting wrong" }, t("The phones could not be loaded. Trying again…"))));
  on("phone", (keys) => {
    for (const key of keys) shown.get(key)?.draw();
  });
  setInterval(() => shown.forEach((phone) => phone.drawWindow()), 1000);
}

const empty = () => el("p", { class: "waiting" }, store.people.size ? t("No phone is open. Choose a person above.") : t("There is nobody here yet. Add a person above."));

function chip(person) {
  const isOpen = store.phones.has(person.waId);
  const unseen = store.unseen.get(person.waId);
  const isReachable = person.windows.some((one) => one.openUntil > now());
  const toggle = () => (isOpen ? closePhone(person.waId) : show(person.waId));
  return el(
    "button",
    {
      type: "button",
      class: "chip",
      "data-key": person.waId,
      "aria-pressed": String(isOpen),
      title: [person.name, phoneNumber(person.waId), isReachable ? t("a window is open") : null].filter(Boolean).join(", "),
      onclick: toggle,
    },
    el("span", { class: `dot ${isReachable ? "open" : ""}`, "aria-hidden": "true" }),
    el("span", { class: "name", dir: "auto" }, person.name || phoneNumber(person.waId)),
    person.online ? null : el("span", { class: "tag" }, t("offline")),
    unseen ? unseenBadge(unseen) : null,
  );
}

async function show(key) {
  await trying(() => openPhone(key));
  document.getElementById(`phone-${key}`)?.scrollIntoView({ inline: "center", block: "nearest" });
}

function newPerson() {
  const menu = newcomerMenu(show);
  return [button(t("Add a person"), null, { class: "chip add", popovertarget: menu.id }, icon("plus"), t("Person")), menu];
}
