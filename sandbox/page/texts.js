/* Words for people: times, durations, and the marks of WhatsApp's own text formatting. */

import { button, el } from "./dom.js";
import { locale, t } from "./words.js";

const LINK = /https?:\/\/[^\s<>"']+/g;
const MARKS = [
  [/```([^`]+?)```/, "code"],
  [/(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])/, "strong"],
  [/(?<![\w_])_(?=\S)([^_\n]*?\S)_(?![\w_])/, "em"],
  [/(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])/, "s"],
];
const MAX_SHOWN = 3000;

/* The text as nodes: bold, italic, struck, monospaced, and links that leave the page. */
export function formatted(text, depth = 0) {
  const source = String(text);
  if (depth < 6) {
    for (const [mark, name] of MARKS) {
      const found = mark.exec(source);
      if (!found) continue;
      const inside = name === "code" ? [found[1]] : formatted(found[1], depth + 1);
      return [
        ...formatted(source.slice(0, found.index), depth + 1),
        el(name, {}, ...inside),
        ...formatted(source.slice(found.index + found[0].length), depth + 1),
      ];
    }
  }
  return linked(source);
}

function linked(text) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(LINK)) {
    nodes.push(text.slice(last, found.index), outside(found[0], found[0]));
    last = found.index + found[0].length;
  }
  nodes.push(text.slice(last));
  return nodes.filter((node) => node !== "");
}

/* A link to the world outside; anything but http(s) is only shown. */
export function outside(address, ...children) {
  const isWeb = /^https?:\/\//i.test(String(address));
  if (!isWeb) return el("span", {}, ...children);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

export const clockTime = (at) => new Date(at * 1000).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
/* The time, with the day of the week where it is not the reader's today. */
export function nearTime(at) {
  const isToday = new Date(at * 1000).toDateString() === new Date().toDateString();
  const day = isToday ? "" : `${new Date(at * 1000).toLocaleDateString(locale, { weekday: "short" })} `;
  return day + clockTime(at);
}

export const exactTime = (at) => new Date(at * 1000).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const dayOf = (at) => new Date(at * 1000).toLocaleDateString(locale, { weekday: "short", day: "numeric", month: "short", year: "numeric" });

export function duration(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(left / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min` : `${left} s`;
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

const KINDS = {
  image: t("Picture"),
  gif: t("Video"),
  video: t("Video"),
  audio: t("Audio"),
  document: t("Document"),
  sticker: t("Sticker"),
  location: t("Location"),
  contacts: t("Contact"),
  order: t("Order"),
  system: t("Notice"),
  reaction: t("Reaction"),
};

/* What a kind of message is called; one that is new here by its own name. */
export const kindName = (type) => KINDS[type] ?? String(type);

export const phoneNumber = (digits) => `+${digits}`;

export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/* A few words that stand for a message: in quotes and in lists. */
export function gist(message) {
  const content = message.content ?? {};
  const part = content[message.type] ?? content;
  if (message.type === "text") return String(content.body ?? "");
  if (message.type === "template") return message.drawn?.body || String(content.name ?? t("Template"));
  if (message.type === "interactive") {
    const kind = content.type;
    return content.body?.text ?? content[kind]?.title ?? part.header?.text ?? t("Interactive message");
  }
  if (message.type === "button") return String(content.text ?? "");
  if (content.caption) return String(content.caption);
  if (message.type === "document") return String(content.filename ?? t("Document"));
  if (message.type === "audio") return content.voice ? t("Voice message") : t("Audio");
  return kindName(message.type);
}

/* A text as it stands in a bubble; of a very long one the rest is there on demand. */
export function paragraph(source) {
  const shown = String(source);
  const isLong = shown.length > MAX_SHOWN;
  const words = el("p", { class: "text", dir: "auto" }, formatted(isLong ? shown.slice(0, MAX_SHOWN) : shown));
  if (!isLong) return [words];
  const more = button(t("Read more"), () => {
    words.replaceChildren(...formatted(shown));
    more.remove();
  }, { class: "more" });
  return [words, more];
}
