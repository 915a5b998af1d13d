/* Interactive messages: what they show, and what can be tapped below them. */

import { button, el, icon } from "./dom.js";
import { mediaPart } from "./media.js";
import { answer, callTap, cartTap, contactTap, flowTap, formSheet, linkTap, tap } from "./taps.js";
import { paragraph } from "./texts.js";
import { t } from "./words.js";

const ADDRESS = {
  name: t("Name"),
  phone_number: t("Number"),
  in_pin_code: t("PIN code (India)"),
  house_number: t("House number"),
  building_name: t("Building"),
  address: t("Address"),
  city: t("City"),
  state: t("State"),
};
const WEEK_S = 7 * 86400;

export function interactiveParts(message, scene) {
  const part = message.content ?? {};
  if (message.from === "person") return reply(part);
  return [
    header(part.header),
    part.body?.text ? paragraph(part.body.text) : null,
    part.type === "product" ? product(part.action) : null,
    part.type === "order_details" || part.type === "order_status" ? paymentLines(part.action?.parameters ?? {}) : null,
    part.footer?.text ? el("p", { class: "footer", dir: "auto" }, part.footer.text) : null,
    part.type === "carousel" ? cards(part.action?.cards ?? [], message, scene) : null,
  ];
}

/* What the person answered, shown as their own message. */
function reply(part) {
  const given = part[part.type] ?? {};
  if (part.type === "nfm_reply") {
    return [el("p", { class: "text" }, icon("flow"), ` ${given.name === "address_message" ? t("Address sent") : t("Answers sent")}`), el("pre", { class: "answers" }, String(given.response_json ?? ""))];
  }
  if (part.type === "call_permission_reply") return paragraph(given.response === "accept" ? t("Calls allowed") : t("Calls not allowed"));
  return [paragraph(given.title ?? t("Answer")), given.description ? el("p", { class: "footer", dir: "auto" }, given.description) : null];
}

export function header(part) {
  if (!part) return null;
  if (part.type === "text") return el("p", { class: "header", dir: "auto" }, part.text ?? "");
  if (part.type === "location") {
    const { latitude, longitude, name, address } = part.location ?? {};
    return [el("div", { class: "map", role: "img", "aria-label": t("Place at {place}", { place: `${latitude}, ${longitude}` }) }, icon("pin")), el("p", { class: "text" }, el("b", {}, name ?? ""), " ", address ?? "")];
  }
  if (part.type === "product") return product(part.product);
  return mediaPart(part.type, part[part.type] ?? {}, null);
}

const product = (part) => el("div", { class: "file" }, icon("cart"), el("span", {}, String(part?.product_retailer_id ?? t("Product")), el("small", {}, t("Catalog {id}", { id: part?.catalog_id ?? "" }))));

function paymentLines(order) {
  const total = order.total_amount;
  const amount = total ? `${(total.value / (total.offset || 1)).toFixed(2)} ${order.currency ?? ""}` : null;
  const lines = [[t("Order"), order.reference_id], [t("Total"), amount], [t("Status"), order.order?.status], [t("Note"), order.order?.description]];
  return el("dl", { class: "lines" }, lines.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", { dir: "auto" }, String(value))]));
}

function cards(given, message, scene) {
  return el(
    "div",
    { class: "carousel", role: "group", "aria-label": t("Cards"), tabindex: "0" },
    given.map((card, index) => el("div", { class: "card" }, header(card.header), card.type === "product" ? product(card.action) : null, card.body?.text ? paragraph(card.body.text) : null, cardTaps(card, index, message, scene))),
  );
}

function cardTaps(card, index, message, scene) {
  const { action = {} } = card;
  if (card.type === "product") return cartTap(scene, message, { label: t("View product"), catalogId: action.catalog_id, products: [action.product_retailer_id] });
  if (action.buttons) {
    return action.buttons.map((one) => {
      const { id, title } = one.quick_reply ?? one.reply ?? {};
      return tap(title ?? t("Choose"), "reply", () => answer(scene, message, buttonReply(id ?? String(index), title ?? "")));
    });
  }
  return linkTap(action.parameters?.display_text ?? t("Open"), action.parameters?.url);
}

const buttonReply = (id, title) => ({ type: "interactive", interactive: { type: "button_reply", button_reply: { id, title } } });

const TAPS = {
  button: (part, message, scene) =>
    (part.action?.buttons ?? []).map(({ reply: { id, title } = {} }) => tap(title ?? "", null, () => answer(scene, message, buttonReply(id, title)))),
  list: (part, message, scene) => [tap(part.action?.button ?? t("Choose"), "list", () => openList(part.action, message, scene))],
  cta_url: (part) => [linkTap(part.action?.parameters?.display_text ?? t("Open"), part.action?.parameters?.url)],
  flow: (part, message, scene) => {
    const { flow_cta: label = t("Open"), flow_token: token, flow_id, flow_name } = part.action?.parameters ?? {};
    return [flowTap(scene, message, { label, token, flowId: flow_id ?? flow_name })];
  },
  product: (part, message, scene) => [cartTap(scene, message, { label: t("View"), catalogId: part.action?.catalog_id, products: [part.action?.product_retailer_id] })],
  product_list: (part, message, scene) => {
    const products = (part.action?.sections ?? []).flatMap((section) => (section.product_items ?? []).map((item) => item.product_retailer_id));
    return [cartTap(scene, message, { label: t("View items"), catalogId: part.action?.catalog_id, products })];
  },
  catalog_message: (part, message, scene) => {
    const first = part.action?.parameters?.thumbnail_product_retailer_id;
    return [cartTap(scene, message, { label: t("View catalog"), catalogId: "", products: first ? [first] : [] })];
  },
  location_request_message: (part, message, scene) => [tap(t("Send location"), "pin", () => openLocation(scene, message))],
  address_message: (part, message, scene) => [tap(t("Provide address"), "pin", () => openAddress(part, message, scene))],
  call_permission_request: (part, message, scene) => [
    tap(t("Allow calls"), "call", () => answer(scene, message, permission("accept", message))),
    tap(t("Do not allow"), "close", () => answer(scene, message, permission("reject", message))),
  ],
  voice_call: (part) => [callTap(part.action?.parameters?.display_text ?? t("Call now"))],
  request_contact_info: (part, message, scene) => [contactTap(scene, message, t("Share contact info"))],
  order_details: () => [],
  order_status: () => [],
  carousel: () => [],
};

export function interactiveTaps(message, scene) {
  const part = message.content ?? {};
  return el("div", { class: "taps" }, (TAPS[part.type] ?? (() => []))(part, message, scene));
}

function permission(response, message) {
  const given = { response, response_source: "user_action" };
  if (response === "accept") given.expiration_timestamp = Math.floor(message.at + WEEK_S);
  return { type: "interactive", interactive: { type: "call_permission_reply", call_permission_reply: given } };
}

function openList(action, message, scene) {
  scene.phone.sheets.open(action.button ?? t("Choose"), (close) =>
    (action.sections ?? []).map((section) =>
      el(
        "section",
        { class: "rows" },
        section.title ? el("h3", { dir: "auto" }, section.title) : null,
        (section.rows ?? []).map(({ id, title, description }) =>
          button(null, () => {
            close();
            answer(scene, message, { type: "interactive", interactive: { type: "list_reply", list_reply: { id, title, ...(description ? { description } : {}) } } });
          }, { class: "option" }, el("b", { dir: "auto" }, title), description ? el("small", { dir: "auto" }, description) : null),
        ),
      ),
    ),
  );
}

export function openLocation(scene, message) {
  const fields = [
    { name: "latitude", label: t("Latitude"), type: "number", step: "any", value: "37.4421625", required: true },
    { name: "longitude", label: t("Longitude"), type: "number", step: "any", value: "-122.1615553", required: true },
    { name: "name", label: t("Name of the place") },
    { name: "address", label: t("Address") },
  ];
  formSheet(scene, t("Location"), fields, t("Send location"), ({ latitude, longitude, name, address }) => {
    const location = { latitude: Number(latitude), longitude: Number(longitude) };
    if (name) location.name = name;
    if (address) location.address = address;
    const body = { type: "location", location };
    return message ? answer(scene, message, body) : scene.phone.write(body);
  });
}

function openAddress(part, message, scene) {
  const known = part.action?.parameters?.values ?? {};
  const fields = Object.entries(ADDRESS).map(([name, label]) => ({ name, label, value: known[name] ?? "" }));
  formSheet(scene, t("Address"), fields, t("Send address"), (values) => {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value));
    const lines = ["name", "phone_number", "address", "city", "in_pin_code"].map((name) => given[name]).filter(Boolean);
    const nfm_reply = { name: "address_message", body: lines.join("\n"), response_json: JSON.stringify({ saved_address_id: "", values: given }) };
    return answer(scene, message, { type: "interactive", interactive: { type: "nfm_reply", nfm_reply } });
  });
}
