// The engine's own page: accounts, flows, live runs and events that no flow took.
"use strict";

const GOOD = ["connected", "running", "completed", "delivered", "read", "played"];
const BAD = ["failed", "reconnect", "unknown", "lost"];
const SHOWN_RUNS = 50;
const RELOAD_MS = 300;
const steps = new Map();
let services = [];

const find = (id) => document.getElementById(id);

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// A message that was only accepted is amber: nobody knows yet whether it arrived.
function stateOf(text) {
  const kind = GOOD.includes(text) ? "good" : BAD.includes(text) ? "bad" : "wait";
  return make("span", { className: `state ${kind}`, textContent: text ?? "under way" });
}

function moment(iso) {
  if (!iso) return make("span", { textContent: "–" });
  const text = new Date(iso).toLocaleString();
  return make("time", { dateTime: iso, textContent: text });
}

function complain(title, cause = "", cure = "") {
  const notice = find("notice");
  notice.textContent = [title, cause, cure].filter(Boolean).join(" — ");
  notice.hidden = false;
}

async function call(method, path, content) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (content !== undefined) options.body = JSON.stringify(content);
  const answer = await fetch(path, options);
  if (answer.status === 204) return null;
  const body = await answer.json();
  if (!answer.ok) {
    complain(body.error.title, body.error.cause, body.error.cure);
    throw Object.assign(new Error(body.error.title), { status: answer.status, cause: body.error.cause });
  }
  return body;
}

function action(label, work, quiet = false) {
  const button = make("button", { type: "button", textContent: label, className: quiet ? "quiet" : "" });
  button.addEventListener("click", async () => {
    button.disabled = true;
    find("notice").hidden = true;
    try {
      await work();
    } catch (error) {
      console.warn(error.message);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

function startPath(serviceId, name) {
  const service = services.find((each) => each.id === serviceId);
  return `/auth/${service.auth.service}/start?name=${encodeURIComponent(name)}`;
}

async function showAccounts() {
  const { accounts } = await call("GET", "/api/accounts");
  const cards = accounts.map((account) => {
    const hasLogin = services.some((each) => each.id === account.service);
    const again = hasLogin ? action("Connect again", () => location.assign(startPath(account.service, account.name)), true) : "";
    const lasts = account.expiresAt ? `until ${new Date(account.expiresAt).toLocaleDateString()}` : "does not expire";
    const what = account.state === "connected" ? lasts : account.reason;
    return make("li", {}, stateOf(account.state), make("strong", { textContent: account.name }),
      make("small", { textContent: `${account.service} · ${what}` }), again);
  });
  find("accounts").replaceChildren(...(cards.length ? cards : [make("li", { textContent: "No account is connected yet." })]));
}

async function showFlows() {
  const { flows } = await call("GET", "/api/flows");
  const cards = flows.map((flow) => {
    const isRunning = flow.state === "running";
    const change = async () => {
      const path = `/api/flows/${encodeURIComponent(flow.id)}/${isRunning ? "stop" : "start"}`;
      const { warnings } = await call("POST", path);
      if (warnings.length) complain(warnings.join(" "));
      await showFlows();
    };
    const version = flow.runningVersion ?? flow.version;
    return make("li", {}, stateOf(flow.state), make("strong", { textContent: flow.name }),
      make("small", { textContent: `${flow.id} · version ${version}${flow.reason ? ` · ${flow.reason}` : ""}` }),
      action(isRunning ? "Stop" : "Start", change, isRunning));
  });
  find("flows").replaceChildren(...(cards.length ? cards : [make("li", { textContent: "There are no flows yet." })]));
}

function runRow(run, isNew) {
  const told = steps.get(run.id) ?? [];
  const what = run.error ? run.error.title : told.map((step) => `${step.component} ${step.state}`).join(", ");
  const show = action(run.id.slice(0, 12), () => showRun(run.id), true);
  show.title = `Show every step of ${run.id}`;
  const cells = [stateOf(run.status), run.flowId, moment(run.startedAt), show, what];
  const row = make("tr", { className: isNew ? "new" : "" }, ...cells.map((cell) => make("td", {}, cell)));
  row.dataset.id = run.id;
  return row;
}

async function showRuns() {
  const { runs } = await call("GET", `/api/runs?limit=${SHOWN_RUNS}`);
  const body = find("runs").tBodies[0];
  const known = new Set([...body.rows].map((row) => row.dataset.id));
  const isFirst = body.rows.length === 0;
  body.replaceChildren(...runs.map((run) => runRow(run, !isFirst && !known.has(run.id))));
  if (!runs.length) body.append(make("tr", {}, make("td", { colSpan: 5, textContent: "No runs yet." })));
  for (const id of steps.keys()) if (!runs.some((run) => run.id === id)) steps.delete(id);
}

// What the output itself says of its state: a message may be accepted only.
function said(step) {
  const values = Object.values(step.output ?? {}).flat();
  return values.filter((value) => typeof value?.status === "string").flatMap((value) => [" ", stateOf(value.status)]);
}

async function showRun(id) {
  const run = await call("GET", `/api/runs/${encodeURIComponent(id)}`);
  const parts = run.steps.map((step) => make("details", { open: step.error !== null },
    make("summary", {}, stateOf(step.status), ...said(step), ` ${step.component} · ${step.type} · ${Math.round(step.durationS * 1000)} ms`),
    make("pre", { textContent: JSON.stringify({ input: step.input, output: step.output, error: step.error }, null, 2) })));
  const close = action("Close", () => { find("run").hidden = true; }, true);
  find("run").replaceChildren(make("h3", { textContent: `Run ${id}` }), ...parts, close);
  find("run").hidden = false;
}

// Who was answered by the first replay would be answered once more: that is for a person to say.
async function replay(id) {
  const path = `/api/events/${id}/replay`;
  try {
    return await call("POST", path);
  } catch (error) {
    if (error.status !== 409) throw error;
    find("notice").hidden = true;
    return confirm(`${error.message}. ${error.cause} Replay it once more?`) ? call("POST", path, { again: true }) : null;
  }
}

async function showEvents() {
  const { events } = await call("GET", "/api/events?unrouted=true&limit=20");
  const rows = events.map((event) => {
    const again = action("Replay", async () => {
      const done = await replay(event.id);
      if (done?.runIds.length === 0) complain("No flow of yours listens to this event.", "", "Start one, then replay it.");
      await showEvents();
    }, true);
    const cells = [event.kind, moment(event.receivedAt), make("code", { textContent: event.eventId }), again];
    return make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
  });
  find("events").tBodies[0].replaceChildren(...(rows.length ? rows
    : [make("tr", {}, make("td", { colSpan: 4, textContent: "None: every event found its flow." }))]));
}

// Many notices in one moment cause one reload.
function soon(show) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => { timer = null; show().catch((error) => console.warn(error.message)); }, RELOAD_MS);
  };
}

function watch() {
  const [runs, accounts, flows, events] = [showRuns, showAccounts, showFlows, showEvents].map(soon);
  const source = new EventSource("/api/stream");
  const live = (state, text) => { find("live").dataset.state = state; find("live").textContent = text; };
  source.addEventListener("open", () => { live("open", "live"); runs(); events(); });
  source.addEventListener("error", () => live("waiting", "reconnecting…"));
  source.addEventListener("step", (message) => {
    const step = JSON.parse(message.data);
    steps.set(step.runId, [...(steps.get(step.runId) ?? []), step].slice(-10));
    runs();
  });
  for (const kind of ["run", "missed"]) source.addEventListener(kind, runs);
  source.addEventListener("account", accounts);
  setInterval(() => { if (!document.hidden) { events(); flows(); } }, 5000);
}

async function begin() {
  const me = await call("GET", "/api/me");
  find("who").textContent = me.name;
  const { connectors } = await call("GET", "/api/components");
  services = connectors.filter((each) => each.auth?.type === "oauth2");
  find("connect").elements.service.append(
    ...services.map((each) => make("option", { value: each.id, textContent: each.label })));
  find("connect").addEventListener("submit", (event) => {
    event.preventDefault();
    const { service, name } = event.target.elements;
    location.assign(startPath(service.value, name.value.trim()));
  });
  find("sign-out").addEventListener("click", async () => {
    await fetch("/sign-out", { method: "POST" });
    location.assign("/");
  });
  await Promise.all([showAccounts(), showFlows(), showRuns(), showEvents()]);
  watch();
}

begin().catch((error) => console.warn(error.message));
