/* What happens when a person taps a part of a message: the answers they send with it. */

import { button, el, icon } from "./dom.js";
import { outside } from "./texts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

export const tap = (label, name, act) => button(null, act, { class: "tap" }, name ? icon(name) : null, el("span", { dir: "auto" }, label));

export const linkTap = (label, address) =>
  el("span", { class: "tap" }, icon("link"), /^https?:\/\//i.test(String(address)) ? outside(address, label) : el("span", {}, label));

/* Writes one message that answers the one that was tapped. */
export function answer(scene, message, body) {
  return scene.phone.write({ ...body, context: { id: message.id } });
}

/* A page inside another may be kept from the clipboard: then the text is shown to be taken by hand. */
export async function copy(text) {
  const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  toast(isCopied ? t("Copied: {text}", { text: String(text).slice(0, 80) }) : text);
}

export function copyTap(label, code) {
  return tap(label, "copy", () => copy(code));
}

/* A form in a sheet: fields by name, and what to do with their values. */
export function formSheet(scene, title, fields, label, send) {
  scene.phone.sheets.open(title, (close) => {
    const inputs = fields.map((field) => {
      const input = field.rows ? el("textarea", { rows: field.rows }) : el("input", { type: field.type ?? "text", step: field.step ?? null });
      input.value = field.value ?? "";
      if (field.required) input.required = true;
      return { field, input };
    });
    const submit = async (event) => {
      event.preventDefault();
      const values = Object.fromEntries(inputs.map(({ field, input }) => [field.name, input.value]));
      try {
        if (await send(values)) close();
      } catch (wrong) {
        toast(wrong.message, "wrong");
      }
    };
    return [
      el("form", { class: "fields", onsubmit: submit }, inputs.map(({ field, input }) => el("label", {}, field.label, input)), el("button", { class: "strong" }, label)),
    ];
  });
}

/* A flow: whatever its screens would have collected is written as JSON. */
export function flowTap(scene, message, { label, token, flowId }) {
  const open = () => {
    const value = JSON.stringify({ flow_token: token || "unused", answer: "yes" }, null, 2);
    formSheet(scene, label, [{ name: "json", label: t("Answers of the flow {id}, as JSON", { id: flowId ?? "" }), rows: 6, value, required: true }], t("Complete the flow"), (values) => {
      let given;
      try {
        given = JSON.parse(values.json);
      } catch {
        throw new Error(t("These answers are not JSON."));
      }
      return answer(scene, message, {
        type: "interactive",
        interactive: { type: "nfm_reply", nfm_reply: { name: "flow", body: "Sent", response_json: JSON.stringify(given) } },
      });
    });
  };
  return tap(label, "flow", open);
}

/* Products to put into a cart: how many of each, and a word to the business. */
export function cartTap(scene, message, { label, catalogId, products }) {
  const open = () => {
    const known = products.length ? products : ["product-1", "product-2"];
    const fields = known.map((id, index) => ({ name: id, label: t("How many of {id}", { id }), type: "number", value: index ? "0" : "1" }));
    formSheet(scene, label, [...fields, { name: "", label: t("Message with the order") }], t("Send order"), (values) => {
      const items = known
        .map((id) => ({ product_retailer_id: id, quantity: Number(values[id]), item_price: 10, currency: "USD" }))
        .filter((item) => item.quantity > 0);
      if (!items.length) throw new Error(t("The cart is empty."));
      return answer(scene, message, { type: "order", order: { catalog_id: catalogId || "194836987003835", text: values[""], product_items: items } });
    });
  };
  return tap(label, "cart", open);
}

export function contactTap(scene, message, label) {
  const { waId, name } = scene.person;
  const share = () =>
    answer(scene, message, {
      type: "contacts",
      contacts: [{ vcard: `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nTEL;type=CELL;waid=${waId}:+${waId}\nEND:VCARD`, phones: [{ phone: `+${waId}` }] }],
      origin: "contact_request",
    });
  return tap(label, "person", share);
}

export const callTap = (label) => tap(label, "call", () => toast(t("Calls are not placed from this page. POST /_sandbox/trigger sends their webhooks.")));
