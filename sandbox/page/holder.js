/* Who holds a phone: their name, what their phone does by itself, and until when they can be written to. */

import { api } from "./api.js";
import { button, el, icon } from "./dom.js";
import { closePhone, now, store } from "./store.js";
import { duration, phoneNumber } from "./texts.js";
import { trying } from "./toasts.js";
import { t } from "./words.js";

/* The whole of it, as it stands above a phone in a row of phones. */
export function createHolder(phone) {
  const who = el("div", { class: "who" });
  const switches = createSwitches(phone);
  const line = el("p", { class: "window" });
  const root = el("div", { class: "holder" }, who, switches.root, line);

  function draw(someone) {
    const signature = JSON.stringify([someone.name, someone.username, someone.hidePhone]);
    if (who.dataset.signature !== signature) {
      who.dataset.signature = signature;
      who.replaceChildren(
        avatar(someone.name),
        el("div", {}, el("h2", { dir: "auto" }, someone.name), el("small", {}, knownBy(someone))),
        button(t("Close the phone of {name}", { name: someone.name }), () => closePhone(phone.key), { class: "quiet" }, icon("close")),
      );
    }
    switches.draw(someone);
    drawWindow();
  }

  function drawWindow() {
    const { number, left } = windowOf(phone);
    if (!number) return;
    const values = { business: number.name, time: duration(left) };
    line.classList.toggle("open", left > 0);
    line.textContent = left > 0 ? t("Window of {business} open, {time} left", values) : t("Window of {business} closed: only templates arrive", values);
  }

  return { root, draw, drawWindow };
}

/* Only the window, as it stands below the name of the business where a phone has little room. */
export function createWindowLine(phone) {
  const line = el("span", { class: "window" });

  function drawWindow() {
    const { number, left } = windowOf(phone);
    if (!number) return;
    line.classList.toggle("open", left > 0);
    const words = left > 0 ? t("Window open, {time} left", { time: duration(left) }) : t("Window closed: only templates arrive");
    if (line.textContent !== words) line.textContent = line.title = words;
  }

  return { root: null, line, draw: drawWindow, drawWindow };
}

/* The number that is written to, and for how many seconds it may still write freely. */
export function windowOf(phone) {
  const { number } = phone.threadOf() ?? {};
  const person = store.people.get(phone.key);
  const until = person?.windows.find((one) => one.phoneNumberId === number?.id)?.openUntil ?? 0;
  return { number, left: until - now() };
}

/* What a phone does by itself. Each switch keeps the focus when it was turned. */
export function createSwitches(phone) {
  const root = el("div", { class: "switches" });

  function draw(someone) {
    const { number } = phone.threadOf() ?? {};
    const isBlocked = someone.blocks.includes(number?.id);
    const signature = JSON.stringify([someone.online, someone.readReceipts, isBlocked, someone.blocks, number?.id]);
    if (root.dataset.signature === signature) return;
    root.dataset.signature = signature;
    const change = (what) => trying(() => api.changePerson(phone.key, what));
    const others = someone.blocks.filter((id) => id !== number?.id);
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.switch : null;
    const made = [
      toggle(t("Online"), someone.online, () => change({ online: !someone.online }), "online"),
      toggle(t("Read receipts"), someone.readReceipts, () => change({ readReceipts: !someone.readReceipts }), "receipts"),
      number ? toggle(t("Blocks business"), isBlocked, () => change({ blocks: isBlocked ? others : [...others, number.id] }), "blocks") : null,
    ];
    root.replaceChildren(...made.filter(Boolean));
    if (focused) root.querySelector(`[data-switch="${focused}"]`)?.focus();
  }

  return { root, draw };
}

export function knownBy(someone) {
  const parts = [phoneNumber(someone.waId), someone.username ? `@${someone.username}` : null, someone.hidePhone ? t("number hidden") : null];
  return parts.filter(Boolean).join(" · ");
}

function toggle(label, isOn, onclick, name) {
  return el("button", { type: "button", role: "switch", "aria-checked": String(isOn), "data-switch": name, onclick }, el("span", { class: "knob", "aria-hidden": "true" }), label);
}

export function avatar(name, kind = "") {
  const letters = [...String(name).trim()].filter((one) => /[\p{L}\p{N}]/u.test(one));
  const words = String(name).trim().split(/\s+/u);
  const second = [...(words[1] ?? "")].find((one) => /[\p{L}\p{N}]/u.test(one)) ?? "";
  const made = el("span", { class: `avatar ${kind}`, "aria-hidden": "true" }, ((letters[0] ?? "?") + second).toUpperCase());
  let hue = 0;
  for (const letter of String(name).slice(0, 40)) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  made.style.setProperty("--hue", String(hue));
  return made;
}
