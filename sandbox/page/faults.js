/* The menu of faults: the usual ones at a tap, any other by its code, and what is at work. */

import { api } from "./api.js";
import { button, el, icon, newId } from "./dom.js";
import { trying } from "./toasts.js";
import { t } from "./words.js";

const COMMON = [
  [t("Three sends over the rate limit (130429)"), { endpoint: "messages", code: 130429, count: 3 }],
  [t("Three sends over the pair limit (131056)"), { endpoint: "messages", code: 131056, count: 3 }],
  [t("Next send taken, but its answer lost"), { endpoint: "messages", kind: "acceptedThenLost", count: 1 }],
  [t("Next send meets a broken connection"), { endpoint: "messages", kind: "disconnect", count: 1 }],
  [t("Next send answered 5 s late"), { endpoint: "messages", kind: "slow", delayS: 5, count: 1 }],
  [t("Next call meets a server error (131000)"), { endpoint: "*", code: 131000, count: 1 }],
  [t("Next call says the token has expired (190)"), { endpoint: "*", code: 190, count: 1 }],
];

export function faultsMenu() {
  const id = newId("faults");
  const { parts, show } = faultsPanel();
  const menu = el("div", { id, popover: "auto", class: "menu faults", role: "dialog", "aria-label": t("Faults") }, parts);
  menu.addEventListener("toggle", (event) => event.newState === "open" && show());
  return [button(t("Faults"), null, { popovertarget: id }, icon("bolt"), t("Faults")), menu];
}

/* What is in the menu, and the function that asks again what is at work. */
export function faultsPanel() {
  const active = el("ul", { class: "active" });
  const show = async () => {
    const told = await trying(api.faults);
    if (told) active.replaceChildren(...shown(told.faults, show));
  };
  const add = async (rule) => {
    if (await trying(() => api.addFault(rule))) await show();
  };
  const parts = [
    el("h2", {}, t("Make something go wrong")),
    el("ul", { class: "common" }, ...COMMON.map(([label, rule]) => el("li", {}, button(label, () => add(rule))))),
    ownFault(add),
    el("h2", {}, t("At work")),
    active,
  ];
  return { parts, show };
}

function ownFault(add) {
  const code = el("input", { type: "number", min: 0, required: true, placeholder: "131026", "aria-label": t("Error code") });
  const endpoint = el("input", { value: "messages", required: true, "aria-label": t("Endpoint") });
  const count = el("input", { type: "number", min: 1, value: 1, required: true, "aria-label": t("How often") });
  const submit = (event) => {
    event.preventDefault();
    add({ endpoint: endpoint.value, code: Number(code.value), count: Number(count.value) });
  };
  return el(
    "form",
    { class: "own", onsubmit: submit },
    el("label", {}, t("Code"), code),
    el("label", {}, t("Endpoint"), endpoint),
    el("label", {}, t("Times"), count),
    el("button", { class: "strong" }, t("Add")),
  );
}

function shown(faults, again) {
  if (!faults.length) return [el("li", { class: "empty" }, t("Nothing: all calls are answered as they should."))];
  return faults.map((fault) =>
    el(
      "li",
      {},
      el("span", {}, `${fault.endpoint}: ${fault.code ?? fault.kind}`, fault.left === null ? "" : t(", {count} left", { count: fault.left })),
      button(t("Remove the fault of {endpoint}", { endpoint: fault.endpoint }), async () => {
        await trying(() => api.removeFault(fault.id));
        await again();
      }, { class: "quiet" }, icon("close")),
    ),
  );
}
