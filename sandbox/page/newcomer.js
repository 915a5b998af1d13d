/* The form for one more person. */

import { api } from "./api.js";
import { button, el, newId } from "./dom.js";
import { store } from "./store.js";
import { trying } from "./toasts.js";
import { t } from "./words.js";

/* A menu that adds a person and then calls `made` with their number. */
export function newcomerMenu(made) {
  const name = el("input", { name: "name", required: true, maxlength: 60, autocomplete: "off" });
  const waId = el("input", { name: "waId", inputmode: "numeric", pattern: "[0-9]{5,15}", autocomplete: "off", placeholder: t("made up if empty") });
  const username = el("input", { name: "username", maxlength: 35, autocomplete: "off", placeholder: t("none if empty") });
  const hide = el("input", { type: "checkbox", name: "hidePhone" });
  const submit = async (event) => {
    event.preventDefault();
    const person = { name: name.value, hidePhone: hide.checked };
    if (waId.value) person.waId = waId.value;
    if (username.value) person.username = username.value;
    const added = await trying(() => api.addPerson(person));
    if (!added) return;
    store.people.set(added.waId, { windows: [], latestAt: null, ...added });
    event.target.reset();
    menu.hidePopover();
    await made(added.waId);
  };
  const menu = el(
    "div",
    { id: newId("person"), popover: "auto", class: "menu newcomer", role: "dialog", "aria-label": t("New person") },
    el(
      "form",
      { class: "fields", onsubmit: submit },
      el("h2", {}, t("New person")),
      el("label", {}, t("Name"), name),
      el("label", {}, t("Number, digits with country code"), waId),
      el("label", {}, t("Username"), username),
      el("label", { class: "check" }, hide, t("Hides the number: businesses get a user id only")),
      el("div", { class: "actions" }, button(t("Cancel"), () => menu.hidePopover()), el("button", { class: "strong" }, t("Add person"))),
    ),
  );
  menu.addEventListener("toggle", (event) => event.newState === "open" && name.focus());
  return menu;
}
