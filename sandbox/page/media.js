/* Files in a bubble, shown from the sandbox's own store; a link of a business is not fetched. */

import { mediaAddress } from "./api.js";
import { button, el, icon } from "./dom.js";
import { kindName, outside } from "./texts.js";
import { t } from "./words.js";

export function mediaPart(type, part, message) {
  if (!part.id && part.link) return linkPart(type, part);
  if (!part.id) return el("p", { class: "note" }, t("{kind} without a file.", { kind: kindName(type) }));
  const address = mediaAddress(part.id);
  if (type === "image") return picture(address, t("Picture"), "photo");
  if (type === "sticker") return picture(address, t("Sticker"), "sticker");
  if (type === "video" || type === "gif") return withFallback(el("video", { class: "film", src: address, controls: true, preload: "metadata", playsinline: true }), t("Video"));
  if (type === "audio") return audio(address, Boolean(part.voice), message);
  return filePart(address, part.filename);
}

function picture(address, label, kind) {
  const image = el("img", { class: kind, src: address, alt: label });
  if (kind === "sticker") return withFallback(image, label);
  return withFallback(image, label, el("a", { class: "picture", href: address, target: "_blank", rel: "noopener", "aria-label": t("Open the picture") }, image));
}

/* A file that cannot be decoded, or that has expired, is told of instead of a broken sign. */
function withFallback(node, label, whole = node) {
  node.addEventListener("error", () => whole.replaceWith(el("p", { class: "note gone" }, t("{label}: the file has expired or cannot be shown.", { label }))), { once: true });
  return whole;
}

function filePart(address, filename) {
  const name = String(filename ?? t("Document"));
  return el("a", { class: "file", href: address, download: name }, icon("file"), el("span", { dir: "auto" }, name));
}

function linkPart(type, part) {
  const name = type === "document" ? "file" : type === "audio" ? "mic" : type === "sticker" ? "sticker" : "image";
  return el("div", { class: "file" }, icon(name), el("span", {}, outside(part.link, String(part.filename ?? part.link).slice(0, 200)), el("small", {}, t("{kind} by link, not fetched", { kind: kindName(type) }))));
}

function audio(address, isVoice) {
  const sound = el("audio", { src: address, preload: "metadata" });
  const line = el("progress", { max: 1, value: 0, "aria-label": t("Played") });
  const length = el("small", {}, isVoice ? t("Voice message") : t("Audio"));
  const play = button(t("Play"), () => (sound.paused ? sound.play() : sound.pause()), { class: "round" }, icon("play"));
  const show = (name, label) => {
    play.replaceChildren(icon(name));
    play.setAttribute("aria-label", label);
  };
  sound.addEventListener("play", () => show("pause", t("Pause")));
  sound.addEventListener("pause", () => show("play", t("Play")));
  sound.addEventListener("timeupdate", () => (line.value = sound.duration ? sound.currentTime / sound.duration : 0));
  sound.addEventListener("loadedmetadata", () => {
    if (Number.isFinite(sound.duration)) length.textContent = `${Math.floor(sound.duration / 60)}:${String(Math.round(sound.duration % 60)).padStart(2, "0")}`;
  });
  const whole = el("div", { class: `sound ${isVoice ? "voice" : ""}` }, play, el("div", {}, line, length), sound);
  sound.addEventListener("error", () => whole.replaceWith(el("p", { class: "note gone" }, t("Audio: the file has expired or cannot be played."))), { once: true });
  return whole;
}
