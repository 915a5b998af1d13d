/* What the page knows: people, the phones that are open, and the log. Whoever shows it listens. */

import { api } from "./api.js";

const MAX_KEPT = 600;
const MAX_LOG = 500;
const FRAMELESS_MS = 100;
const STATES = ["sending", "waiting", "dropped", "delivered"];

/* How many phones are open at first, and whether the log is shown. */
export const view = { phones: 2, hasLog: true };

export const store = {
  numbers: [],
  groups: [],
  people: new Map(),
  phones: new Map(),
  unseen: new Map(),
  log: new Map(),
  clock: null,
  isLoaded: false,
};

const listeners = new Map();
const due = new Map();
let isScheduled = false;

/* Calls `act` with the names of what changed, at most once a frame. */
export function on(topic, act) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), act]);
}

export function changed(topic, detail) {
  if (!due.has(topic)) due.set(topic, new Set());
  due.get(topic).add(detail);
  if (isScheduled) return;
  isScheduled = true;
  // A page in the background or in a folded panel gets no frames, and must not fall behind for that.
  setTimeout(tell, FRAMELESS_MS);
  requestAnimationFrame(tell);
}

function tell() {
  if (!isScheduled) return;
  isScheduled = false;
  const now = [...due];
  due.clear();
  for (const [topic, details] of now) {
    for (const act of listeners.get(topic) ?? []) act(details);
  }
}

/* The sandbox's time, carried on between two messages about it. */
export function now() {
  const { clock } = store;
  if (!clock) return Date.now() / 1000;
  if (clock.frozen) return clock.now;
  return clock.now + ((performance.now() - clock.heardAt) / 1000) * clock.speed;
}

export function setClock(clock) {
  store.clock = { ...clock, heardAt: performance.now() };
  changed("clock");
}

export const openPhones = () => [...store.phones.keys()];

/* Everything from the sandbox anew. Phones that are open stay open while their people exist. */
export async function load() {
  const overview = await api.phones();
  store.numbers = overview.numbers;
  store.groups = overview.groups;
  store.people = new Map(overview.people.map((person) => [person.waId, person]));
  const wanted = store.isLoaded ? openPhones() : chosen();
  const open = wanted.filter((key) => store.people.has(key));
  const fallback = [...store.people.keys()].slice(0, view.phones);
  // Who looks at one phone always sees one; of several, all may be closed.
  const isNoneFine = store.isLoaded && view.phones > 1;
  await openExactly(open.length || isNoneFine ? open.slice(0, view.phones === 1 ? 1 : undefined) : fallback);
  if (view.hasLog) await loadLog();
  store.isLoaded = true;
  changed("people");
  changed("row");
  changed("log");
}

async function loadLog() {
  const [calls, webhooks] = await Promise.all([api.calls(), api.webhooks()]);
  store.log.clear();
  for (const call of calls.calls) noteLog({ kind: "call", at: call.at, ...call });
  for (const sent of webhooks.deliveries) noteLog(asLog(sent));
}

const chosen = () => new URLSearchParams(location.hash.slice(1)).get("people")?.split(",") ?? [];

function remember() {
  history.replaceState(null, "", `#people=${openPhones().join(",")}`);
}

async function openExactly(keys) {
  const answers = await Promise.all(keys.map((key) => api.phone(key).catch(() => null)));
  store.phones = new Map(answers.filter(Boolean).map((answer) => [answer.person.waId, freshPhone(answer)]));
  remember();
}

export async function openPhone(key) {
  if (!store.phones.has(key)) store.phones.set(key, freshPhone(await api.phone(key)));
  store.unseen.delete(key);
  remember();
  changed("people");
  changed("row");
}

export async function openOnly(key) {
  if (!store.phones.has(key)) store.phones = new Map([[key, freshPhone(await api.phone(key))]]);
  store.unseen.delete(key);
  remember();
  changed("people");
  changed("row");
}

export function closePhone(key) {
  store.phones.delete(key);
  remember();
  changed("people");
  changed("row");
}

function freshPhone(answer) {
  const phone = { messages: new Map(), hasEarlier: answer.hasEarlier, typing: answer.typing, thread: null };
  for (const message of answer.messages) phone.messages.set(message.id, message);
  return phone;
}

/* One phone again: what somebody typed or read is told of no other way. */
export async function refresh(key) {
  const phone = store.phones.get(key);
  if (!phone) return;
  const answer = await api.phone(key);
  phone.typing = answer.typing;
  for (const message of answer.messages) put(phone, message);
  store.people.set(key, answer.person);
  changed("people");
  changed("phone", key);
}

export async function loadEarlier(key) {
  const phone = store.phones.get(key);
  const first = phone.messages.keys().next().value;
  const answer = await api.phone(key, first);
  phone.messages = new Map([...answer.messages.map((one) => [one.id, one]), ...phone.messages]);
  phone.hasEarlier = answer.hasEarlier;
  changed("phone", key);
}

export function noteMessage(key, message) {
  const person = store.people.get(key);
  if (!person) return false;
  person.latestAt = Math.max(person.latestAt ?? 0, message.at);
  if (message.from === "person" && isOwn(message, key)) noteWindow(person, message);
  const phone = store.phones.get(key);
  const hasArrived = message.from === "business" && message.status === "delivered";
  if (hasArrived) changed("arrived", key);
  if (!phone) {
    if (hasArrived) store.unseen.set(key, (store.unseen.get(key) ?? 0) + 1);
  } else {
    if (message.from === "business") phone.typing = phone.typing.filter((id) => id !== message.phoneNumberId);
    put(phone, message);
    trim(phone);
    changed("phone", key);
  }
  changed("people");
  return true;
}

/* In a group others write too; elsewhere only the holder of the phone. */
export const isOwn = (message, key) => message.from === "person" && (!message.author || message.author.waId === key);

/* The sandbox opens a window for everything a person writes, except what the system says. */
function noteWindow(person, message) {
  if (["system", "unsupported"].includes(message.type) || message.isUnheard) return;
  const openUntil = message.at + 86400;
  const others = person.windows.filter((one) => one.phoneNumberId !== message.phoneNumberId);
  const before = person.windows.find((one) => one.phoneNumberId === message.phoneNumberId);
  person.windows = [...others, { phoneNumberId: message.phoneNumberId, openUntil: Math.max(openUntil, before?.openUntil ?? 0) }];
}

/* An event can be older than what was loaded meanwhile: the one that knows more stays. */
function put(phone, message) {
  const before = phone.messages.get(message.id);
  const isOlder =
    before &&
    ((before.statuses?.length ?? 0) > (message.statuses?.length ?? 0) ||
      (before.isReadByBusiness && !message.isReadByBusiness));
  if (!isOlder) phone.messages.set(message.id, message);
}

function trim(phone) {
  while (phone.messages.size > MAX_KEPT) {
    phone.messages.delete(phone.messages.keys().next().value);
    phone.hasEarlier = true;
  }
}

export function notePerson(person) {
  const before = store.people.get(person.waId);
  store.people.set(person.waId, { windows: [], latestAt: null, ...before, ...person });
  changed("people");
  if (store.phones.has(person.waId)) changed("phone", person.waId);
}

export const asLog = (sent) => ({ kind: "webhook", at: sent.createdAt, ...sent });

export function noteLog(entry) {
  if (!view.hasLog) return;
  const key = `${entry.kind}:${entry.id}`;
  const before = store.log.get(key);
  if (before && entry.kind === "webhook" && isBehind(entry, before)) return;
  store.log.set(key, entry);
  while (store.log.size > MAX_LOG) store.log.delete(oldest());
  changed("log", key);
}

function isBehind(entry, before) {
  const attempts = entry.attempts.length - before.attempts.length;
  return attempts < 0 || (attempts === 0 && STATES.indexOf(entry.state) < STATES.indexOf(before.state));
}

function oldest() {
  let found = null;
  for (const [key, entry] of store.log) {
    if (!found || entry.at < found.at) found = { key, at: entry.at };
  }
  return found.key;
}
