/* Template messages, from the drawing the sandbox makes of a template and its parameters. */

import { el, icon } from "./dom.js";
import { header } from "./interactive.js";
import { answer, callTap, cartTap, contactTap, copyTap, flowTap, linkTap, tap } from "./taps.js";
import { dayOf, clockTime, paragraph } from "./texts.js";
import { t } from "./words.js";

export function templateParts(drawn, message, scene) {
  return [
    header(drawn.header),
    drawn.offer ? offer(drawn.offer) : null,
    drawn.body ? paragraph(drawn.body) : null,
    drawn.footer ? el("p", { class: "footer", dir: "auto" }, drawn.footer) : null,
    drawn.cards ? cards(drawn.cards, message, scene) : null,
  ];
}

export function templateTaps(drawn, message, scene) {
  return el("div", { class: "taps" }, (drawn.buttons ?? []).map((one) => buttonTap(one, drawn, message, scene)));
}

function offer({ text, expirationTimeMs }) {
  const until = expirationTimeMs ? ` ${t("Until {when}", { when: `${dayOf(expirationTimeMs / 1000)}, ${clockTime(expirationTimeMs / 1000)}` })}` : "";
  return el("p", { class: "offer" }, icon("clock"), el("b", { dir: "auto" }, text), until);
}

function cards(given, message, scene) {
  return el(
    "div",
    { class: "carousel", role: "group", "aria-label": "Cards", tabindex: "0" },
    given.map((card) => el("div", { class: "card" }, templateParts(card, message, scene), (card.buttons ?? []).map((one) => buttonTap(one, card, message, scene)))),
  );
}

function buttonTap(one, drawn, message, scene) {
  const { type, text } = one;
  if (type === "QUICK_REPLY") return tap(text, "reply", () => answer(scene, message, { type: "button", button: { payload: one.payload, text } }));
  const code = /\/otp\/code\/\?.*code=(?:otp)?(.+)$/.exec(one.url ?? "")?.[1];
  if (code) return copyTap(text, code);
  if (type === "URL") return linkTap(text, one.url);
  if (type === "PHONE_NUMBER") return copyTap(`${text} (${one.phoneNumber})`, one.phoneNumber);
  if (type === "COPY_CODE") return copyTap(text, one.code);
  if (type === "OTP") return copyTap(text, /\d{4,}/.exec(drawn.body ?? "")?.[0] ?? drawn.body ?? "");
  if (type === "FLOW") return flowTap(scene, message, { label: text, token: one.flowToken, flowId: one.flowId });
  if (["CATALOG", "MPM", "SPM"].includes(type)) return cartTap(scene, message, { label: text, catalogId: "", products: [] });
  if (type === "VOICE_CALL") return callTap(text);
  if (type === "REQUEST_CONTACT_INFO") return contactTap(scene, message, text);
  return el("span", { class: "tap" }, text);
}
