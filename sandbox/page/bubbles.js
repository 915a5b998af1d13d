/* One message as a bubble: its content, what it quotes, its time, ticks and reactions. */

import { button, el, icon, ticks } from "./dom.js";
import { interactiveParts, interactiveTaps } from "./interactive.js";
import { mediaPart } from "./media.js";
import { isOwn } from "./store.js";
import { copy } from "./taps.js";
import { templateParts, templateTaps } from "./template.js";
import { clockTime, dayOf, exactTime, gist, paragraph as text } from "./texts.js";
import { t } from "./words.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const EDITABLE_S = 900;
const OWN_TICKS = { sent: t("Sent, but the business has blocked this person"), delivered: t("Delivered to the business"), read: t("Read by the business") };
const STATUSES = { accepted: t("accepted"), sent: t("sent"), delivered: t("delivered"), read: t("read"), played: t("played"), failed: t("failed") };
const MEDIA = ["image", "video", "audio", "document", "sticker"];

export function bubble(message, scene) {
  const isTheirs = !isOwn(message, scene.phone.key);
  const { changes } = scene;
  const body = changes.isRevoked ? [el("p", { class: "note" }, t("This message was deleted."))] : content(message, scene);
  const made = el(
    "div",
    { class: `bubble ${isTheirs ? "theirs" : "mine"} ${fate(message)} ${message.type}`, tabindex: "-1" },
    isTheirs && message.author ? el("p", { class: "author", dir: "auto" }, message.author.name) : null,
    message.quotedId ? quote(message, scene) : null,
    body,
    foot(message, changes),
    changes.reactions && Object.keys(changes.reactions).length ? reactions(changes.reactions) : null,
    changes.isRevoked ? null : menu(message, scene),
  );
  const taps = changes.isRevoked ? [] : tapParts(message, scene);
  return el("div", { class: `line ${isTheirs ? "theirs" : "mine"} ${fate(message)}`, "data-id": message.id }, made, taps, explanation(message, scene));
}

/* "arrived" is on the phone; everything else is only known to the business. */
function fate(message) {
  if (message.from === "person") return "arrived";
  if (message.status === "failed") return "failed";
  return ["delivered", "read", "played"].includes(message.status) ? "arrived" : "pending";
}

function content(message, scene) {
  const { type } = message;
  const part = message.content ?? {};
  if (type === "text") return text((scene.changes.edited?.text ?? part).body ?? "");
  if (MEDIA.includes(type)) {
    const caption = scene.changes.edited?.[type]?.caption ?? part.caption;
    return [mediaPart(type, part, message), caption ? text(caption) : null];
  }
  if (type === "location") return location(part);
  if (type === "contacts") return contacts(part.contacts ?? []);
  if (type === "template") return templateParts(message.drawn ?? {}, message, scene);
  if (type === "interactive") return interactiveParts(message, scene);
  if (type === "button") return text(part.text ?? "");
  if (type === "order") return order(part);
  if (type === "system") return [el("p", { class: "note" }, part.body ?? t("Something about this chat changed."))];
  if (type === "reaction") return [el("p", { class: "note" }, t("Reaction {emoji}", { emoji: part.emoji ?? "" }))];
  return [el("p", { class: "note" }, t("A message of type {type}, which the business is not shown.", { type: part.type ?? type }))];
}

function tapParts(message, scene) {
  if (message.type === "interactive" && message.from === "business") return interactiveTaps(message, scene);
  if (message.type === "template") return templateTaps(message.drawn ?? {}, message, scene);
  return [];
}

function quote(message, scene) {
  const { quoted } = scene;
  const label = quoted ? (quoted.from === "business" ? t("Business") : t("You")) : t("Message");
  const words = quoted ? gist(quoted).slice(0, 160) : t("An earlier message that is not here (any more)");
  const jump = () => {
    const found = scene.phone.find(message.quotedId);
    found?.scrollIntoView({ block: "center" });
    found?.querySelector(".bubble").focus();
  };
  return el("button", { type: "button", class: "quote", onclick: jump }, el("small", { class: "aloud" }, t("Answers to:")), el("b", {}, label), el("span", { dir: "auto" }, words));
}

function foot(message, changes) {
  const isTheirs = message.from === "business";
  const own = message.isUnheard ? "sent" : message.isReadByBusiness ? "read" : "delivered";
  const status = isTheirs ? message.status : own;
  const words = isTheirs ? t("The business sees: {status}", { status: STATUSES[status] ?? status }) : OWN_TICKS[own];
  const marks =
    status === "failed" || status === "accepted"
      ? el("span", { class: `status ${status}`, role: "img", "aria-label": words, title: words }, status === "failed" ? "!" : icon("clock"))
      : el("span", { class: `status ${status}`, role: "img", "aria-label": words, title: words }, ticks(status === "sent" ? 1 : 2));
  return el("div", { class: "foot" }, changes.edited ? el("span", {}, t("edited")) : null, el("time", { title: `${dayOf(message.at)}, ${exactTime(message.at)}` }, clockTime(message.at)), marks);
}

function reactions(by) {
  const said = Object.entries(by).map(([who, emoji]) => `${who === "person" ? t("You") : t("Business")}: ${emoji}`);
  return el("div", { class: "reactions", role: "img", "aria-label": t("Reactions. {said}", { said: said.join(", ") }) }, [...new Set(Object.values(by))].join(" "));
}

/* Why something is not on the phone (yet), in a line below the bubble. */
function explanation(message, scene) {
  const what = fate(message);
  if (what === "arrived") return null;
  if (what === "failed") {
    const error = message.errors?.[0] ?? {};
    const details = error.error_data?.details;
    return el("p", { class: "why failed" }, t("Never arrived: {why}", { why: `${error.code ?? ""} ${error.title ?? t("failed")}${details && details !== error.title ? `. ${details}` : ""}` }));
  }
  if (message.status === "accepted") return null;
  if (scene.person.blocks.includes(message.phoneNumberId)) return el("p", { class: "why" }, t("Does not arrive: this business is blocked"));
  return scene.person.online ? null : el("p", { class: "why" }, t("Waits for the phone to be online"));
}

function location(part) {
  const { latitude, longitude } = part;
  return [
    el("div", { class: "map", role: "img", "aria-label": t("Place at {place}", { place: `${latitude}, ${longitude}` }) }, icon("pin")),
    el("p", { class: "text" }, part.name ? el("b", { dir: "auto" }, String(part.name)) : null, part.address ? el("span", { dir: "auto" }, String(part.address)) : null, el("small", {}, `${latitude}, ${longitude}`)),
  ];
}

function contacts(cards) {
  return [
    el(
      "ul",
      { class: "cards" },
      cards.map((card) => {
        const name = card.name?.formatted_name ?? /^FN:(.*)$/m.exec(card.vcard ?? "")?.[1] ?? t("Contact");
        const lines = [...(card.phones ?? []).map((one) => one.phone), ...(card.emails ?? []).map((one) => one.email), card.org?.company].filter(Boolean);
        return el("li", {}, icon("person"), el("div", {}, el("b", { dir: "auto" }, String(name)), lines.map((line) => el("small", { dir: "auto" }, String(line)))));
      }),
    ),
  ];
}

function order(part) {
  const items = part.product_items ?? [];
  return [
    el("p", { class: "text" }, el("b", {}, icon("cart"), ` ${items.length === 1 ? t("Order of one product") : t("Order of {count} products", { count: items.length })}`)),
    el("ul", { class: "items" }, items.map((item) => el("li", {}, `${item.quantity} × ${item.product_retailer_id}`, el("small", {}, ` ${item.item_price ?? ""} ${item.currency ?? ""}`)))),
    part.text ? text(part.text) : null,
  ];
}

/* What a person does with a message: answer, react, and with an own one change or delete it. */
function menu(message, scene) {
  const { act, phone } = scene;
  if (fate(message) !== "arrived") return null;
  const open = () =>
    phone.sheets.open(t("Message"), (close) => {
      const done = (what) => () => {
        close();
        what();
      };
      return [
        el("div", { class: "emojis", role: "group", "aria-label": t("React") }, EMOJI.map((one) => button(t("React {emoji}", { emoji: one }), done(() => act.react(one)), { class: "emoji" }, one))),
        otherReaction(act, close),
        button(t("Remove the reaction"), done(() => act.react(""))),
        button(t("Reply"), done(act.quote)),
        isOwn(message, phone.key) ? changeParts(message, scene, close) : null,
        button(t("Copy the id"), done(() => copy(message.id))),
      ];
    });
  return button(t("Reply, react and more"), open, { class: "handle" }, icon("more"));
}

function otherReaction(act, close) {
  const emoji = el("input", { maxlength: 16, "aria-label": t("Another emoji"), placeholder: t("Another emoji"), autocomplete: "off" });
  const submit = (event) => {
    event.preventDefault();
    close();
    if (emoji.value.trim()) act.react(emoji.value.trim());
  };
  return el("form", { class: "inline", onsubmit: submit }, emoji, el("button", {}, t("React")));
}

function changeParts(message, { act }, close) {
  const parts = [];
  if (message.type === "text") {
    const words = el("textarea", { rows: 2, "aria-label": t("New text"), value: message.content.body });
    const submit = (event) => {
      event.preventDefault();
      close();
      if (words.value.trim()) act.edit(words.value);
    };
    parts.push(el("form", { class: "inline", onsubmit: submit, title: t("Within {count} minutes", { count: EDITABLE_S / 60 }) }, words, el("button", {}, t("Change"))));
  }
  parts.push(button(t("Delete for everyone"), () => {
    close();
    act.revoke();
  }));
  return parts;
}
