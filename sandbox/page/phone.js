/* One phone: who holds it, the chat with a business on its screen, and what it can do. */

import { api } from "./api.js";
import { bubble } from "./bubbles.js";
import { createComposer } from "./composer.js";
import { button, el, icon } from "./dom.js";
import { createSheets } from "./sheets.js";
import { closePhone, loadEarlier, now, store } from "./store.js";
import { dayOf, duration, phoneNumber } from "./texts.js";
import { trying } from "./toasts.js";

const NEAR_PX = 80;
/* Of these a chat shows nothing of its own: they change the message they are about. */
const CHANGES = ["reaction", "edit", "revoke"];

export function createPhone(key) {
  const frame = el("div", { class: "screen" });
  const head = el("div", { class: "head" });
  const holder = el("div", { class: "holder" });
  const chat = el("div", { class: "chat", role: "log", "aria-label": "Messages", tabindex: "0" });
  const sheets = createSheets(frame);
  const phone = { key, sheets, write, quote: null, threadOf: () => thread(), find };
  const composer = createComposer(phone);
  const root = el("article", { class: "phone", id: `phone-${key}` }, holder, frame);
  const drawn = new Map();
  new ResizeObserver(() => isAtEnd && toEnd()).observe(chat);
  let lastThread = null;
  let earlier = null;
  let isAtEnd = true;
  let height = 0;
  chat.addEventListener("scroll", () => {
    // What grew by itself while the end was in view is no reason to leave it.
    if (isAtEnd && chat.scrollHeight !== height) return toEnd();
    height = chat.scrollHeight;
    isAtEnd = height - chat.scrollTop - chat.clientHeight < NEAR_PX;
  });
  // Pictures and films get their height when they have come.
  for (const kind of ["load", "loadedmetadata"]) chat.addEventListener(kind, () => isAtEnd && toEnd(), true);
  frame.append(head, chat, composer.root, sheets.root);

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
    if (!now_) return head.replaceChildren(el("p", {}, "No business number exists."));
    const typing = store.phones.get(key).typing.includes(now_.number?.id);
    const title = all.length > 1 ? picker(all, now_) : el("strong", { dir: "auto" }, now_.title);
    const below = typing ? el("span", { class: "typing" }, "typing…") : el("span", {}, now_.group ? `Group · ${now_.number?.name ?? ""}` : now_.number.display);
    const signature = JSON.stringify([all.map((one) => [one.id, one.title]), now_.id, typing]);
    if (head.dataset.signature === signature) return;
    head.dataset.signature = signature;
    head.replaceChildren(avatar(now_.title, "business"), el("div", { class: "title" }, title, below));
  }

  function picker(all, chosen) {
    const select = el(
      "select",
      { "aria-label": "Chat with", onchange: () => choose(select.value) },
      ...all.map((one) => el("option", { value: one.id, selected: one.id === chosen.id }, one.title + (one.group ? " (group)" : ""))),
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
    earlier ??= button("Earlier messages", async () => {
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
        ? "No messages yet. Write something: it opens the 24-hour window."
        : `No messages yet. The number is not registered: a business does that with POST /${number?.id}/register.`,
    );
  }

  function drawPerson() {
    const someone = person();
    if (!someone) return;
    const { number } = thread() ?? {};
    const isBlocked = someone.blocks.includes(number?.id);
    const signature = JSON.stringify([someone.name, someone.username, someone.online, someone.readReceipts, isBlocked, someone.hidePhone, number?.id]);
    if (holder.dataset.signature !== signature) {
      holder.dataset.signature = signature;
      const focused = holder.contains(document.activeElement) ? document.activeElement.dataset.switch : null;
      holder.replaceChildren(...holderParts(someone, number, isBlocked));
      if (focused) holder.querySelector(`[data-switch="${focused}"]`)?.focus();
      root.setAttribute("aria-label", `Phone of ${someone.name}`);
      frame.classList.toggle("off", !someone.online);
    }
    drawWindow();
  }

  function holderParts(someone, number, isBlocked) {
    const change = (what) => trying(() => api.changePerson(key, what));
    const others = someone.blocks.filter((id) => id !== number?.id);
    return [
      el(
        "div",
        { class: "who" },
        avatar(someone.name),
        el("div", {}, el("h2", { dir: "auto" }, someone.name), el("small", {}, [phoneNumber(someone.waId), someone.username ? `@${someone.username}` : null, someone.hidePhone ? "number hidden" : null].filter(Boolean).join(" · "))),
        button(`Close the phone of ${someone.name}`, () => closePhone(key), { class: "quiet" }, icon("close")),
      ),
      el(
        "div",
        { class: "switches" },
        toggle("Online", someone.online, () => change({ online: !someone.online }), "online"),
        toggle("Read receipts", someone.readReceipts, () => change({ readReceipts: !someone.readReceipts }), "receipts"),
        number ? toggle("Blocks business", isBlocked, () => change({ blocks: isBlocked ? others : [...others, number.id] }), "blocks") : null,
      ),
      el("p", { class: "window" }),
    ];
  }

  function drawWindow() {
    const { number } = thread() ?? {};
    const place = holder.querySelector(".window");
    if (!place || !number) return;
    const until = person().windows.find((one) => one.phoneNumberId === number.id)?.openUntil ?? 0;
    const left = until - now();
    place.classList.toggle("open", left > 0);
    place.textContent = left > 0 ? `Window of ${number.name} open, ${duration(left)} left` : `Window of ${number.name} closed: only templates arrive`;
  }

  return { root, draw, drawPerson, drawWindow };
}

/* Reactions, edits and deletions, by the message they are about. */
function changesOf(messages) {
  const about = new Map();
  const of = (id) => about.get(id) ?? about.set(id, {}).get(id);
  for (const message of messages) {
    const content = message.content ?? {};
    if (message.type === "reaction" && arrived(message)) {
      const reactions = (of(content.message_id).reactions ??= {});
      if (content.emoji) reactions[message.from] = content.emoji;
      else delete reactions[message.from];
    } else if (message.type === "edit") {
      of(content.original_message_id).edited = content.message;
    } else if (message.type === "revoke") {
      of(content.original_message_id).isRevoked = true;
    }
  }
  return about;
}

const arrived = (message) => message.from === "person" || ["delivered", "read", "played"].includes(message.status);

function toggle(label, isOn, onclick, name) {
  return el("button", { type: "button", role: "switch", "aria-checked": String(isOn), "data-switch": name, onclick }, el("span", { class: "knob", "aria-hidden": "true" }), label);
}

function avatar(name, kind = "") {
  const letters = [...String(name).trim()].filter((one) => /[\p{L}\p{N}]/u.test(one));
  const words = String(name).trim().split(/\s+/u);
  const second = [...(words[1] ?? "")].find((one) => /[\p{L}\p{N}]/u.test(one)) ?? "";
  const made = el("span", { class: `avatar ${kind}`, "aria-hidden": "true" }, ((letters[0] ?? "?") + second).toUpperCase());
  let hue = 0;
  for (const letter of String(name).slice(0, 40)) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  made.style.setProperty("--hue", String(hue));
  return made;
}

const separator = (day) => el("p", { class: "day" }, day);
const typingBubble = () => el("div", { class: "bubble theirs dots", "aria-label": "typing" }, el("i"), el("i"), el("i"));

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

