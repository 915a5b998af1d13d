/* Where a person writes: text, files, a place, a contact, a voice note, and what it answers. */

import { button, el, icon } from "./dom.js";
import { openLocation } from "./interactive.js";
import { store } from "./store.js";
import { formSheet } from "./taps.js";
import { gist, size } from "./texts.js";
import { toast } from "./toasts.js";
import { createRecorder } from "./voice.js";
import { t } from "./words.js";

const MAX_FILE_BYTES = 100 * 1024 * 1024;
const SAMPLES = [
  ["image", t("Sample image")],
  ["video", t("Sample video")],
  ["document", t("Sample document")],
  ["sticker", t("Sample sticker")],
];

export function createComposer(phone) {
  const words = el("textarea", { rows: 1, "aria-label": t("Message"), placeholder: t("Message"), autocomplete: "off" });
  const files = el("input", { type: "file", class: "files", multiple: true, hidden: true, "aria-label": t("Files to send") });
  const recorder = createRecorder(phone, sendFile);
  const send = button(t("Send"), null, { class: "round go", type: "submit" }, icon("send"));
  const quoted = el("div", { class: "quoting", hidden: true });
  const reason = el("p", { class: "cannot", hidden: true });
  const form = el("form", { class: "write", onsubmit: submit }, button(t("Attach"), openMenu, { class: "quiet round" }, icon("plus")), words, recorder.button, send);
  const root = el("div", { class: "composer" }, quoted, reason, form, files);
  let wanted = null;

  words.addEventListener("input", fit);
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  words.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (!pasted.length) return;
    event.preventDefault();
    sendFiles(pasted, null);
  });
  files.addEventListener("change", async () => {
    const chosen = [...files.files];
    files.value = "";
    await sendFiles(chosen, wanted);
  });

  function fit() {
    words.style.height = "auto";
    words.style.height = `${Math.min(words.scrollHeight, 120)}px`;
    root.classList.toggle("has-words", Boolean(words.value.trim()));
  }

  async function submit(event) {
    event.preventDefault();
    const body = words.value.trim();
    if (!body) return;
    words.value = "";
    fit();
    if (await phone.write({ type: "text", text: { body } })) quote(null);
    else if (!words.value) {
      // What could not be sent stays to be tried again.
      words.value = body;
      fit();
    }
  }

  function quote(message) {
    phone.quote = message;
    quoted.hidden = !message;
    quoted.replaceChildren();
    if (!message) return;
    quoted.append(el("div", {}, el("b", {}, message.from === "business" ? t("Business") : t("You")), el("span", { dir: "auto" }, gist(message).slice(0, 160))), button(t("Do not quote"), () => quote(null), { class: "quiet" }, icon("close")));
    words.focus();
  }

  async function sendFiles(chosen, kind) {
    for (const file of chosen) await sendFile(file, kind ?? kindOf(file));
  }

  async function sendFile(file, kind, extra = {}) {
    if (file.size > MAX_FILE_BYTES) {
      toast(t("{name} has {size}; people can send up to 100 MB.", { name: file.name, size: size(file.size) }), "wrong");
      return;
    }
    const part = { data: await base64(file), mime_type: file.type || "application/octet-stream", ...extra };
    if (kind === "document") part.filename = file.name;
    const caption = words.value.trim();
    if (caption && ["image", "video", "document"].includes(kind)) part.caption = caption;
    const isSent = await phone.write({ type: kind, [kind]: part });
    if (isSent && part.caption) words.value = "";
    if (isSent) quote(null);
    fit();
  }

  function openMenu() {
    phone.sheets.open(t("Attach"), (close) => {
      const item = (label, name, act) =>
        button(null, () => {
          close();
          act();
        }, { class: "option row-option" }, icon(name), label);
      const pick = (kind, accept) => () => {
        wanted = kind;
        files.accept = accept;
        files.click();
      };
      const sample = (kind, extra = {}) => () => phone.write({ type: kind, [kind]: extra });
      return [
        item(t("Photo or video"), "image", pick(null, "image/*,video/*")),
        item(t("Document"), "file", pick("document", "")),
        item(t("Audio file"), "mic", pick("audio", "audio/*")),
        item(t("Sticker (WebP)"), "sticker", pick("sticker", "image/webp")),
        item(t("Location"), "pin", () => openLocation({ phone })),
        item(t("Contact"), "person", openContact),
        el("h3", {}, t("Samples, without a file")),
        el("div", { class: "samples" }, SAMPLES.map(([kind, label]) => button(label, () => (close(), sample(kind)()), {})), button(t("Sample voice note"), () => (close(), sample("audio", { voice: true })()))),
      ];
    });
  }

  function openContact() {
    const fields = [{ name: "name", label: t("Name"), required: true }, { name: "phone", label: t("Number"), type: "tel", required: true }, { name: "email", label: t("E-mail"), type: "email" }];
    formSheet({ phone }, t("Contact"), fields, t("Send contact"), ({ name, phone: number, email }) => {
      const [first_name, ...rest] = name.trim().split(/\s+/);
      const card = { name: { formatted_name: name, first_name, ...(rest.length ? { last_name: rest.join(" ") } : {}) }, phones: [{ phone: number, type: "CELL", wa_id: number.replace(/\D/g, "") }] };
      if (email) card.emails = [{ email, type: "HOME" }];
      return phone.write({ type: "contacts", contacts: [card] });
    });
  }

  /* Says why nothing can be written, where nothing can. */
  function draw() {
    const person = store.people.get(phone.key);
    const { number } = phone.threadOf() ?? {};
    const why = !number
      ? t("There is no business number.")
      : person.blocks.includes(number.id)
        ? t("{person} blocks {business}. Unblock it to write.", { person: person.name, business: number.name })
        : !person.online
          ? t("Offline. Nothing leaves this phone.")
          : !number.isRegistered
            ? t("{number} is not registered: nobody can write to it yet.", { number: number.display })
            : "";
    reason.hidden = !why;
    reason.textContent = why;
    form.inert = Boolean(why);
    root.classList.toggle("closed", Boolean(why));
  }

  return { root, draw, quote };
}

function kindOf(file) {
  if (file.type === "image/webp") return "sticker";
  for (const kind of ["image", "video", "audio"]) if (file.type.startsWith(`${kind}/`)) return kind;
  return "document";
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",", 2)[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
