/* The live connection: events as they happen, and everything again after each interruption. */

import { asLog, changed, load, noteLog, noteMessage, notePerson, refresh, setClock, store } from "./store.js";
import { t } from "./words.js";

const REST_MS = 150;
const TYPING_MS = 4000;

let isLoading = false;
let isStale = false;
let showState = () => {};

export function listen(onState) {
  showState = onState;
  const stream = new EventSource("/_sandbox/stream");
  stream.addEventListener("open", reload);
  stream.addEventListener("error", () => showState("lost", t("Not connected, trying again…")));
  hear(stream, "clock", setClock);
  hear(stream, "call", noteCall);
  hear(stream, "webhook", (sent) => noteLog(asLog(sent)));
  hear(stream, "message", messageChanged);
  hear(stream, "person", personChanged);
  hear(stream, "reset", () => {
    store.unseen.clear();
    reload();
  });
  hear(stream, "lost", reload);
}

/* Numbers and groups come and go by calls, which are all that is told of it. */
const CHANGES_NUMBERS = /\/(register|deregister|phone_numbers|groups|participants)$/;

function noteCall(call) {
  noteLog({ kind: "call", ...call });
  if (call.status === 200 && call.method !== "GET" && CHANGES_NUMBERS.test(call.path)) reload();
}

function hear(stream, kind, act) {
  stream.addEventListener(kind, (event) => act(JSON.parse(event.data)));
}

const resting = new Map();

/* What is being loaded may be older than this, and takes its place. */
function messageChanged({ person, message }) {
  if (isLoading) isStale = true;
  if (!noteMessage(person, message)) reload();
}

/* Also told when the business reads or types, which is in no message. */
function personChanged(person) {
  if (isLoading) isStale = true;
  notePerson(person);
  refreshSoon(person.waId, REST_MS);
}

function refreshSoon(key, afterMs) {
  clearTimeout(resting.get(key));
  resting.set(key, setTimeout(() => refreshNow(key), afterMs));
}

async function refreshNow(key) {
  resting.delete(key);
  try {
    await refresh(key);
  } catch {
    return reload();
  }
  if (store.phones.get(key)?.typing.length) refreshSoon(key, TYPING_MS);
}

let nextLoad = null;

export function reload() {
  isStale = true;
  if (!isLoading && nextLoad === null) nextLoad = setTimeout(loadAll, store.isLoaded ? REST_MS : 0);
}

async function loadAll() {
  nextLoad = null;
  isLoading = true;
  isStale = false;
  try {
    await load();
    showState("live", t("Live"));
    for (const [key, phone] of store.phones) if (phone.typing.length) refreshSoon(key, TYPING_MS);
  } catch (wrong) {
    isStale = true;
    showState("lost", wrong.message);
    changed("failed", wrong.message);
  }
  isLoading = false;
  if (isStale && nextLoad === null) nextLoad = setTimeout(loadAll, store.isLoaded ? REST_MS : 2000);
}
