/* The people and the row of their phones: who is there, which phones are open, one more person. */

import { api } from "./api.js";
import { button, el, icon, newId } from "./dom.js";
import { closePhone, now, on, openPhone, store } from "./store.js";
import { createPhone } from "./phone.js";
import { phoneNumber } from "./texts.js";
import { trying } from "./toasts.js";

const MAX_CHIPS = 40;

export function drawPhones(people, row) {
  const shown = new Map();
  const search = el("input", { type: "search", placeholder: "Find a person", "aria-label": "Find a person", oninput: () => drawPeople() });
  const chips = el("div", { class: "chips" });
  people.append(search, chips, ...newPerson());

  function drawPeople() {
    const wanted = search.value.trim().toLowerCase();
    const all = [...store.people.values()];
    const fitting = all.filter((one) => !wanted || `${one.name} ${one.waId} ${one.bsuid}`.toLowerCase().includes(wanted));
    search.hidden = all.length < 8;
    const focused = document.activeElement?.closest?.(".chip")?.dataset.key;
    chips.replaceChildren(...fitting.slice(0, MAX_CHIPS).map(chip));
    if (fitting.length > MAX_CHIPS) chips.append(el("span", { class: "empty" }, `and ${fitting.length - MAX_CHIPS} more: search`));
    if (store.isLoaded && !fitting.length) chips.append(el("span", { class: "empty" }, "Nobody of that name."));
    if (focused) chips.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  function drawRow() {
    for (const [key, phone] of shown) {
      if (store.phones.has(key)) continue;
      phone.root.remove();
      shown.delete(key);
    }
    for (const key of store.phones.keys()) {
      if (!shown.has(key)) shown.set(key, createPhone(key));
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
  on("failed", () => store.isLoaded || row.replaceChildren(el("p", { class: "waiting wrong" }, "The phones could not be loaded. Trying again…")));
  on("phone", (keys) => {
    for (const key of keys) shown.get(key)?.draw();
  });
  setInterval(() => shown.forEach((phone) => phone.drawWindow()), 1000);
}

const empty = () => el("p", { class: "waiting" }, store.people.size ? "No phone is open. Choose a person above." : "There is nobody here yet. Add a person above.");

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
      title: `${person.name}, ${phoneNumber(person.waId)}${isReachable ? ", a window is open" : ""}`,
      onclick: toggle,
    },
    el("span", { class: `dot ${isReachable ? "open" : ""}`, "aria-hidden": "true" }),
    el("span", { class: "name", dir: "auto" }, person.name || phoneNumber(person.waId)),
    person.online ? null : el("span", { class: "tag" }, "offline"),
    unseen ? el("span", { class: "unseen", "aria-label": `${unseen} unseen` }, String(unseen)) : null,
  );
}

async function show(key) {
  await trying(() => openPhone(key));
  document.getElementById(`phone-${key}`)?.scrollIntoView({ inline: "center", block: "nearest" });
}

function newPerson() {
  const id = newId("person");
  const name = el("input", { name: "name", required: true, maxlength: 60, autocomplete: "off" });
  const waId = el("input", { name: "waId", inputmode: "numeric", pattern: "[0-9]{5,15}", autocomplete: "off", placeholder: "made up if empty" });
  const username = el("input", { name: "username", maxlength: 35, autocomplete: "off", placeholder: "none if empty" });
  const hide = el("input", { type: "checkbox", name: "hidePhone" });
  const submit = async (event) => {
    event.preventDefault();
    const person = { name: name.value, hidePhone: hide.checked };
    if (waId.value) person.waId = waId.value;
    if (username.value) person.username = username.value;
    const made = await trying(() => api.addPerson(person));
    if (!made) return;
    store.people.set(made.waId, { windows: [], latestAt: null, ...made });
    event.target.reset();
    menu.hidePopover();
    await show(made.waId);
  };
  const menu = el(
    "div",
    { id, popover: "auto", class: "menu newcomer", role: "dialog", "aria-label": "New person" },
    el(
      "form",
      { class: "fields", onsubmit: submit },
      el("h2", {}, "New person"),
      el("label", {}, "Name", name),
      el("label", {}, "Number, digits with country code", waId),
      el("label", {}, "Username", username),
      el("label", { class: "check" }, hide, "Hides the number: businesses get a user id only"),
      el("div", { class: "actions" }, button("Cancel", () => menu.hidePopover()), el("button", { class: "strong" }, "Add person")),
    ),
  );
  return [button("Add a person", null, { class: "chip add", popovertarget: id }, icon("plus"), "Person"), menu];
}
