/* One phone: who holds it, the chat with a business on its screen, and what it can do. */

import { api } from "./api.js";
import { bubble } from "./bubbles.js";
import { arrived, CHANGES, changesOf } from "./changes.js";
import { createComposer } from "./composer.js";
import { button, el } from "./dom.js";
import { avatar } from "./holder.js";
import { createSheets } from "./sheets.js";
import { isOwn, loadEarlier, store } from "./store.js";
import { dayOf, gist } from "./texts.js";
import { trying } from "./toasts.js";
import { t } from "./words.js";

const NEAR_PX = 80;

/* `holding` makes what stands around the screen: the holder (`root`), or a `line` in the head. */
export function createPhone(key, holding) {
  const frame = el("div", { class: "screen" });
  const head = el("div", { class: "head" });
  // A bubble is made anew for each tick: what is said aloud is the message, once.
  const chat = el("div", { class: "chat", role: "log", "aria-live": "off", "aria-label": t("Messages"), tabindex: "0" });
  const aloud = el("p", { class: "aloud", role: "status" });
  const sheets = createSheets(frame);
  const phone = { key, sheets, write, quote: null, threadOf: thread, find };
  const composer = createComposer(phone);
  const around = holding(phone);
  const root = el("article", { class: "phone", id: `phone-${key}` }, around.root, frame);
  const drawn = new Map();
  new ResizeObserver(() => isAtEnd && toEnd()).observe(chat);
  let lastThread = null;
  let earlier = null;
  let isAtEnd = true;
  let height = 0;
  let since = 0;
  let heard = new Set();
  chat.addEventListener("scroll", () => {
    // What grew by itself while the end was in view is no reason to leave it.
    if (isAtEnd && chat.scrollHeight !== height) return toEnd();
    height = chat.scrollHeight;
    isAtEnd = height - chat.scrollTop - chat.clientHeight < NEAR_PX;
  });
  // Pictures and films get their height when they have come.
  for (const kind of ["load", "loadedmetadata"]) chat.addEventListener(kind, () => isAtEnd && toEnd(), true);
  frame.append(head, chat, composer.root, aloud, sheets.root);

  const person = () => store.people.get(key);

  function find(id) {
    return chat.querySelector(`.line[data-id="${CSS.escape(id)}"]`);
  }

  /* A thread is a business number, or a group of one. */
  function threads() {
    const talked = new Set([...store.phones.get(key).messages.values()].map((one) => one.groupId ?? one.phoneNumberId));
    const groups = store.groups.filter((group) => group.participants.includes(key));
    const numbers = store.numbers.filter((one, index) => !index || one.isRegistered || talked.has(one.id));
    const all = [
      ...numbers.map((one) => ({ id: one.id, number: one, title: one.name })),
      ...groups.map((group) => ({ id: group.id, group, title: group.subject, number: store.numbers.find((one) => one.id === group.phoneNumberId) })),
    ];
    return all;
  }

  function thread() {
    // A phone that was closed is told of changes once more before it goes.
    if (!store.phones.has(key)) return undefined;
    const all = threads();
    const chosen = store.phones.get(key).thread;
    if (chosen) return all.find((one) => one.id === chosen) ?? all[0];
    const latest = [...store.phones.get(key).messages.values()].at(-1);
    return all.find((one) => one.id === (latest?.groupId ?? latest?.phoneNumberId)) ?? all[0];
  }

  function choose(id) {
    store.phones.get(key).thread = id;
    draw();
    toEnd();
  }

  async function write(message) {
    const { number, group } = thread();
    const body = { to: number.id, ...message };
    if (group) body.groupId = group.id;
    if (phone.quote && !body.context) body.context = { id: phone.quote.id };
    phone.stick = true;
    return Boolean(await trying(() => api.write(key, body)));
  }

  function draw() {
    if (!store.phones.has(key)) return;
    drawPerson();
    drawHead();
    drawChat();
    composer.draw();
  }

  function drawHead() {
    const all = threads();
    const now_ = thread();
    if (!now_) return head.replaceChildren(el("p", {}, t("No business number exists.")));
    const typing = store.phones.get(key).typing.includes(now_.number?.id);
    const title = all.length > 1 ? picker(all, now_) : el("strong", { dir: "auto" }, now_.title);
    const below = typing ? el("span", { class: "typing" }, t("typing…")) : subtitle(now_);
    const signature = JSON.stringify([all.map((one) => [one.id, one.title]), now_.id, typing]);
    if (head.dataset.signature === signature) return;
    head.dataset.signature = signature;
    head.replaceChildren(avatar(now_.title, "business"), el("div", { class: "title" }, title, below));
  }

  function subtitle({ group, number }) {
    if (group) return el("span", {}, t("Group · {business}", { business: number?.name ?? "" }));
    return around.line ?? el("span", {}, number.display);
  }

  function picker(all, chosen) {
    const select = el(
      "select",
      { "aria-label": t("Chat with"), onchange: () => choose(select.value) },
      ...all.map((one) => el("option", { value: one.id, selected: one.id === chosen.id }, one.group ? t("{title} (group)", { title: one.title }) : one.title)),
    );
    return select;
  }

  function toEnd() {
    chat.scrollTop = height = chat.scrollHeight;
    isAtEnd = true;
  }

  function drawChat() {
    const { id } = thread() ?? {};
    const state = store.phones.get(key);
    const isOther = lastThread !== id;
    const messages = [...state.messages.values()].filter((one) => (one.groupId ?? one.phoneNumberId) === id);
    const about = changesOf(messages);
    const nodes = [];
    if (state.hasEarlier) nodes.push(earlierButton());
    let day = "";
    for (const message of messages) {
      if (CHANGES.includes(message.type) && message.status !== "failed") continue;
      if (dayOf(message.at) !== day) nodes.push(separator((day = dayOf(message.at))));
      nodes.push(node(message, about.get(message.id), state));
    }
    if (!messages.length) nodes.push(emptyChat());
    if (state.typing.includes(id)) nodes.push(typingBubble());
    forget(messages);
    const focused = focusIn(chat);
    sync(chat, nodes);
    focused?.();
    sayAloud(messages, isOther);
    if (isAtEnd || isOther || phone.stick) toEnd();
    phone.stick = false;
    lastThread = id;
  }

  /* The element of a message, made again only when something about it changed. */
  function node(message, changes, state) {
    const quoted = message.quotedId ? state.messages.get(message.quotedId) : null;
    const around = JSON.stringify([changes, Boolean(quoted), person().online, person().blocks]);
    const before = drawn.get(message.id);
    if (before?.message === message && before.around === around) return before.node;
    const made = bubble(message, { phone, person: person(), changes: changes ?? {}, quoted, act: actions(message) });
    drawn.set(message.id, { message, around, node: made });
    return made;
  }

  /* For those who hear the page: what others wrote since the last time, in a few words each. */
  function sayAloud(messages, isOther) {
    if (isOther) since = messages.at(-1)?.at ?? 0;
    const there = messages.filter((one) => one.at >= since && !isOwn(one, key) && arrived(one) && !CHANGES.includes(one.type));
    const fresh = isOther ? [] : there.filter((one) => !heard.has(one.id));
    heard = new Set(there.map((one) => one.id));
    if (fresh.length) aloud.textContent = fresh.map((one) => `${one.author?.name ?? thread().title}: ${gist(one)}`).join("\n");
  }

  function forget(messages) {
    if (drawn.size < messages.length + 200) return;
    const kept = new Set(messages.map((one) => one.id));
    for (const id of drawn.keys()) if (!kept.has(id)) drawn.delete(id);
  }

  function actions(message) {
    return {
      quote: () => composer.quote(message),
      react: (emoji) => write({ type: "reaction", reaction: { message_id: message.id, ...(emoji ? { emoji } : {}) }, context: {} }),
      edit: (body) => write({ type: "edit", edit: { original_message_id: message.id, message: { type: "text", text: { body } } }, context: {} }),
      revoke: () => write({ type: "revoke", revoke: { original_message_id: message.id }, context: {} }),
    };
  }

  function earlierButton() {
    earlier ??= button(t("Earlier messages"), async () => {
      const height = chat.scrollHeight;
      await trying(() => loadEarlier(key));
      requestAnimationFrame(() => requestAnimationFrame(() => chat.scrollTop += chat.scrollHeight - height));
    }, { class: "earlier" });
    return earlier;
  }

  function emptyChat() {
    const { number } = thread() ?? {};
    return el(
      "p",
      { class: "empty" },
      number?.isRegistered
        ? t("No messages yet. Write something: it opens the 24-hour window.")
        : t("No messages yet. The number is not registered: a business does that with POST /{id}/register.", { id: number?.id }),
    );
  }

  /* Who holds the phone, and how long they can still be written to. */
  function drawPerson() {
    const someone = person();
    if (!someone) return;
    around.draw(someone);
    root.setAttribute("aria-label", t("Phone of {name}", { name: someone.name }));
    frame.classList.toggle("off", !someone.online);
  }

  return { key, threadOf: thread, root, draw, drawPerson, drawWindow: around.drawWindow };
}

const separator = (day) => el("p", { class: "day" }, day);
const typingBubble = () => el("div", { class: "bubble theirs dots", role: "img", "aria-label": t("typing") }, el("i"), el("i"), el("i"));

/* A message that is drawn anew keeps the focus where it was: gives what brings it back. */
function focusIn(place) {
  const focused = document.activeElement;
  const line = place.contains(focused) ? focused.closest(".line") : null;
  if (!line) return null;
  const { id } = line.dataset;
  const name = nameOf(focused);
  return () => {
    if (line.isConnected) return;
    const again = place.querySelector(`.line[data-id="${CSS.escape(id)}"]`);
    const same = again && usable(again).find((one) => nameOf(one) === name);
    (same ?? again?.querySelector(".bubble"))?.focus({ preventScroll: true });
  };
}

const nameOf = (one) => `${one.tagName} ${one.getAttribute("aria-label") ?? one.textContent}`;
const usable = (line) => [...line.querySelectorAll("button, a, input, textarea, video, [tabindex]")];

/* Makes the children exactly these, and moves none that stands where it should. */
function sync(place, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...place.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (place.childNodes[index] !== node) place.insertBefore(node, place.childNodes[index] ?? null);
  });
}

