/* The log: every Graph call and every webhook, newest first, with bodies and a way to post again. */

import { api } from "./api.js";
import { button, el, icon } from "./dom.js";
import { changed, on, store } from "./store.js";
import { copy } from "./taps.js";
import { dayOf, exactTime, pretty, size } from "./texts.js";
import { toast, trying } from "./toasts.js";
import { t } from "./words.js";

const MAX_ROWS = 250;
const STATE_NAMES = { sending: t("sending"), waiting: t("waiting"), dropped: t("dropped") };

export function drawLog(place) {
  const wanted = { kind: "all", text: "", errors: false };
  const opened = new Map();
  const rows = new Map();
  const list = el("ol", { class: "entries", "aria-label": t("Entries") });
  const count = el("span", { class: "count", role: "status" });
  const again = () => changed("log");
  place.append(
    el(
      "div",
      { class: "filters" },
      el("h2", {}, t("Log")),
      count,
      kinds(wanted, again),
      el("input", { type: "search", placeholder: t("Filter by path, field or code"), "aria-label": t("Filter the log"), oninput: (event) => ((wanted.text = event.target.value.trim().toLowerCase()), again()) }),
      el("label", { class: "check" }, el("input", { type: "checkbox", onchange: (event) => ((wanted.errors = event.target.checked), again()) }), t("Problems only")),
    ),
    list,
  );

  on("log", () => draw());

  function draw() {
    const entries = [...store.log.entries()].filter(([, entry]) => fits(entry, wanted)).sort(([, one], [, other]) => other.at - one.at);
    count.textContent = entries.length === store.log.size ? String(entries.length) : t("{count} of {all}", { count: entries.length, all: store.log.size });
    const nodes = entries.slice(0, MAX_ROWS).map(([key, entry]) => rowOf(key, entry));
    for (const key of rows.keys()) if (!store.log.has(key)) rows.delete(key);
    if (!nodes.length) nodes.push(el("li", { class: "empty" }, store.log.size ? t("Nothing fits this filter.") : t("No calls and no webhooks yet. Give {address} to a client as the address of the Graph API.", { address: location.origin })));
    const isSame = nodes.length === list.children.length && nodes.every((node, index) => list.children[index] === node);
    if (!isSame) arrange(nodes);
  }

  /* Rows keep the focus and what is open in them when others come above. */
  function arrange(nodes) {
    const keep = new Set(nodes);
    for (const child of [...list.children]) if (!keep.has(child)) child.remove();
    nodes.forEach((node, index) => list.children[index] !== node && list.insertBefore(node, list.children[index] ?? null));
  }

  function rowOf(key, entry) {
    const before = rows.get(key);
    if (before?.entry === entry) return before.node;
    const node = before?.node ?? el("li", { class: "entry", "data-key": key });
    const head = el("button", { type: "button", class: "summary", "aria-expanded": String(opened.has(key)), onclick: () => toggle(key, node) }, summary(entry));
    const isFocused = node.contains(document.activeElement) && document.activeElement.classList.contains("summary");
    node.replaceChildren(head, ...(opened.has(key) ? [opened.get(key)] : []));
    if (isFocused) head.focus();
    rows.set(key, { entry, node });
    if (before && opened.has(key)) fill(key);
    return node;
  }

  async function toggle(key, node) {
    const head = node.querySelector(".summary");
    if (opened.has(key)) {
      opened.get(key).remove();
      opened.delete(key);
      head.setAttribute("aria-expanded", "false");
      return;
    }
    const place = el("div", { class: "detail" }, el("p", { class: "empty" }, t("Loading…")));
    opened.set(key, place);
    head.setAttribute("aria-expanded", "true");
    node.append(place);
    await fill(key);
  }

  async function fill(key) {
    const { kind, id } = store.log.get(key);
    const place = opened.get(key);
    try {
      const told = await (kind === "call" ? api.call(id) : api.webhook(id));
      place.replaceChildren(...(kind === "call" ? callParts(told) : webhookParts(told)));
    } catch (wrong) {
      place.replaceChildren(el("p", { class: "empty wrong" }, wrong.message));
    }
  }
}

function kinds(wanted, again) {
  const choices = [["all", t("All")], ["call", t("Calls")], ["webhook", t("Webhooks")]];
  const group = el("div", { class: "segments", role: "group", "aria-label": t("Show") });
  group.append(
    ...choices.map(([kind, label]) =>
      el("button", { type: "button", "aria-pressed": String(kind === wanted.kind), onclick: (event) => {
        wanted.kind = kind;
        for (const one of group.children) one.setAttribute("aria-pressed", String(one === event.currentTarget));
        again();
      } }, label),
    ),
  );
  return group;
}

function isProblem(entry) {
  if (entry.kind === "call") return entry.status >= 400 || entry.status === 0 || Boolean(entry.fault);
  return entry.attempts.some((attempt) => attempt.status !== 200) || entry.state === "dropped";
}

function fits(entry, wanted) {
  if (wanted.kind !== "all" && entry.kind !== wanted.kind) return false;
  if (wanted.errors && !isProblem(entry)) return false;
  return !wanted.text || JSON.stringify([entry.method, entry.path, entry.status, entry.errorCode, entry.fields, entry.summary, entry.state, entry.id]).toLowerCase().includes(wanted.text);
}

function summary(entry) {
  const time = el("time", { title: dayOf(entry.at) }, exactTime(entry.at));
  if (entry.kind === "call") {
    const state = entry.status === 0 ? t("cut") : entry.status;
    return [
      el("span", { class: `badge ${entry.status >= 400 || !entry.status ? "bad" : "good"}` }, String(state)),
      el("span", { class: "what" }, el("b", {}, entry.method), " ", shortPath(entry.path)),
      el("span", { class: "side" }, entry.errorCode ? t("code {code}", { code: entry.errorCode }) : "", entry.fault ? ` ${t("fault")}` : ""),
      time,
    ];
  }
  const last = entry.attempts.at(-1);
  return [
    el("span", { class: `badge hook ${entry.state === "delivered" ? "good" : last ? "bad" : ""}` }, last ? String(last.status ?? t("cut")) : "…"),
    el("span", { class: "what" }, el("b", {}, t("Webhook")), " ", el("span", { dir: "auto" }, entry.summary || (entry.fields ?? []).join(", ") || t("{count} updates", { count: entry.updates }))),
    el("span", { class: "side" }, entry.state === "delivered" ? "" : (STATE_NAMES[entry.state] ?? entry.state), entry.attempts.length > 1 ? ` ${t("{count} attempts", { count: entry.attempts.length })}` : ""),
    time,
  ];
}

const shortPath = (path) => path.replace(/^\/v\d+\.\d+/, "");

function callParts(told) {
  return [
    lines([[t("Path"), told.path], [t("Query"), told.query], [t("Took"), told.durationMs === undefined ? "" : `${told.durationMs} ms`], [t("Fault"), told.fault], [t("Id"), told.id]]),
    bodyPart(t("Request"), told.request),
    bodyPart(t("Response"), told.response),
  ];
}

function webhookParts(told) {
  const resend = button(t("Post again"), async () => {
    if (await trying(() => api.resend(told.id))) toast(t("Posted again, to the byte."));
  }, { class: "strong resend" }, icon("again"), t("Resend"));
  return [
    lines([[t("To"), told.url], [t("App"), told.appId], [t("Signature"), told.signature], [t("Id"), told.id]]),
    el("ol", { class: "attempts" }, told.attempts.map((attempt) => el("li", {}, `${exactTime(attempt.at)}: ${attempt.status ?? ""} ${attempt.error ?? ""} ${attempt.answer ?? ""}`))),
    el("div", { class: "actions" }, resend),
    bodyPart(t("Body"), { type: "application/json", bytes: told.bytes, text: told.body }),
  ];
}

function lines(pairs) {
  return el("dl", { class: "lines" }, pairs.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));
}

function bodyPart(title, body) {
  if (!body?.bytes) return el("p", { class: "empty" }, t("{title}: empty", { title }));
  if (body.text === null || body.text === undefined) return el("p", { class: "empty" }, t("{title}: {size} of {type}", { title, size: size(body.bytes), type: body.type ?? t("unknown type") }));
  const copy = button(t("Copy: {title}", { title }), () => copy(body.text), { class: "quiet" }, icon("copy"));
  return el("figure", {}, el("figcaption", {}, `${title} · ${size(body.bytes)}`, copy), el("pre", { tabindex: "0" }, pretty(body.text)));
}
