/* Files in a bubble, shown from the sandbox's own store; a link of a business is not fetched. */

import { mediaAddress } from "./api.js";
import { button, el, icon } from "./dom.js";
import { outside } from "./texts.js";

export function mediaPart(type, part, message) {
  if (!part.id && part.link) return linkPart(type, part);
  if (!part.id) return el("p", { class: "note" }, `A ${type} without a file.`);
  const address = mediaAddress(part.id);
  if (type === "image") return picture(address, "Picture", "photo");
  if (type === "sticker") return picture(address, "Sticker", "sticker");
  if (type === "video" || type === "gif") return withFallback(el("video", { class: "film", src: address, controls: true, preload: "metadata", playsinline: true }), "Video");
  if (type === "audio") return audio(address, Boolean(part.voice), message);
  return filePart(address, part.filename);
}

function picture(address, label, kind) {
  return withFallback(el("img", { class: kind, src: address, alt: label }), label);
}

/* A file that cannot be decoded, or that has expired, is told of instead of a broken sign. */
function withFallback(node, label) {
  node.addEventListener("error", () => node.replaceWith(el("p", { class: "note gone" }, `${label}: the file has expired or cannot be shown.`)), { once: true });
  return node;
}

function filePart(address, filename) {
  const name = String(filename ?? "Document");
  return el("a", { class: "file", href: address, download: name }, icon("file"), el("span", { dir: "auto" }, name));
}

function linkPart(type, part) {
  const name = type === "document" ? "file" : type === "audio" ? "mic" : type === "sticker" ? "sticker" : "image";
  return el("div", { class: "file" }, icon(name), el("span", {}, outside(part.link, String(part.filename ?? part.link).slice(0, 200)), el("small", {}, `${type} by link, not fetched`)));
}

function audio(address, isVoice) {
  const sound = el("audio", { src: address, preload: "metadata" });
  const line = el("progress", { max: 1, value: 0, "aria-label": "Played" });
  const length = el("small", {}, isVoice ? "Voice message" : "Audio");
  const play = button("Play", () => (sound.paused ? sound.play() : sound.pause()), { class: "round" }, icon("play"));
  const show = (name, label) => {
    play.replaceChildren(icon(name));
    play.setAttribute("aria-label", label);
  };
  sound.addEventListener("play", () => show("pause", "Pause"));
  sound.addEventListener("pause", () => show("play", "Play"));
  sound.addEventListener("timeupdate", () => (line.value = sound.duration ? sound.currentTime / sound.duration : 0));
  sound.addEventListener("loadedmetadata", () => {
    if (Number.isFinite(sound.duration)) length.textContent = `${Math.floor(sound.duration / 60)}:${String(Math.round(sound.duration % 60)).padStart(2, "0")}`;
  });
  const whole = el("div", { class: `sound ${isVoice ? "voice" : ""}` }, play, el("div", {}, line, length), sound);
  sound.addEventListener("error", () => whole.replaceWith(el("p", { class: "note gone" }, "Audio: the file has expired or cannot be played.")), { once: true });
  return whole;
}
