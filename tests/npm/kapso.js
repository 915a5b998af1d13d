// @kapso/whatsapp-cloud-api: every message it knows, templates, media, and checked webhooks.

import {WhatsAppClient} from "@kapso/whatsapp-cloud-api";
import {normalizeWebhook, verifySignature} from "@kapso/whatsapp-cloud-api/server";
import {
  detour, everyStatusCame, FILE, forge, INBOUND, LINK, listen, note, NUMBER, PERSON, report,
  SANDBOX, SECRET, sendAll, TOKEN, until, USER_ID, VERIFY, write,
} from "./stage.js";

const client = new WhatsAppClient({
  baseUrl: SANDBOX,
  accessToken: TOKEN,
  graphVersion: "v25.0",
  fetch: detour,
});

function hear(request, rawBody) {
  const query = new URL(request.url, SANDBOX).searchParams;
  if (request.method === "GET") {
    return [query.get("hub.verify_token") === VERIFY ? 200 : 403, query.get("hub.challenge")];
  }
  const signatureHeader = request.headers["x-hub-signature-256"];
  if (!verifySignature({appSecret: SECRET, rawBody, signatureHeader})) return [401, ""];
  const events = normalizeWebhook(JSON.parse(rawBody.toString()));
  for (const message of events.messages) {
    report.heard.push({contact: events.contacts[0], message});
  }
  for (const status of events.statuses) note(status.id, status.status);
  return [200, ""];
}

const callback = await listen(hear);
await forge(callback.url);
await write(INBOUND);

const uploaded = await client.media.upload({
  phoneNumberId: NUMBER,
  type: "image/png",
  file: new Blob([FILE], {type: "image/png"}),
  fileName: "a.png",
});
const described = await client.media.get({mediaId: uploaded.id, phoneNumberId: NUMBER});
const downloaded = await client.media.download({
  mediaId: uploaded.id, phoneNumberId: NUMBER, auth: "always", as: "response",
});
report.media = {
  described,
  type: downloaded.headers.get("Content-Type"),
  hex: Buffer.from(await downloaded.arrayBuffer()).toString("hex"),
};

const to = {phoneNumberId: NUMBER, to: `+${PERSON}`};
const quoted = report.heard[0].message.id;
const say = client.messages;
const picture = {type: "image", image: {link: `${LINK}/a.png`}};
const named = (name, components) => ({
  ...to, template: {name, language: {code: "en_US"}, components},
});
const filled = (...texts) => ({
  type: "body", parameters: texts.map((text) => ({type: "text", text})),
});
const contact = {
  name: {formattedName: "Barbara Fisher", firstName: "Barbara"},
  birthday: "1999-01-23",
  phones: [{phone: "+16505559999", waId: "16505559999", type: "WORK"}],
  emails: [{email: "b@luckyshrub.com", type: "WORK"}],
  addresses: [{city: "Menlo Park", country: "US", countryCode: "us", type: "WORK"}],
  org: {company: "Lucky Shrub", department: "Legal", title: "Counsel"},
  urls: [{url: "https://www.luckyshrub.com", type: "WORK"}],
};
const cards = (action) => [0, 1].map((cardIndex) => (
  {cardIndex, header: picture, bodyText: "Card", action: action(cardIndex)}
));

await sendAll({
  text: () => say.sendText({...to, body: "Hi", previewUrl: true, bizOpaqueCallbackData: "t-1"}),
  quote: () => say.sendText({...to, body: "Hi", contextMessageId: quoted}),
  "text to a user id": () => (
    say.sendText({phoneNumberId: NUMBER, recipient: USER_ID, body: "Hi"})
  ),
  "image by id": () => say.sendImage({...to, image: {id: uploaded.id, caption: "A"}}),
  image: () => say.sendImage({...to, image: {link: `${LINK}/a.png`, caption: "A"}}),
  video: () => say.sendVideo({...to, video: {link: `${LINK}/a.mp4`, caption: "A"}}),
  audio: () => say.sendAudio({...to, audio: {link: `${LINK}/a.mp3`}}),
  document: () => (
    say.sendDocument({...to, document: {link: `${LINK}/a.pdf`, filename: "a.pdf", caption: "A"}})
  ),
  sticker: () => say.sendSticker({...to, sticker: {link: `${LINK}/a.webp`}}),
  location: () => (
    say.sendLocation({...to, location: {latitude: 37.4, longitude: -122.1, name: "Philz"}})
  ),
  contacts: () => say.sendContacts({...to, contacts: [contact]}),
  reaction: () => say.sendReaction({...to, reaction: {messageId: quoted, emoji: "👍"}}),
  buttons: () => say.sendInteractiveButtons({
    ...to, header: picture, bodyText: "Sure?", footerText: "F",
    buttons: [{id: "yes", title: "Yes"}, {id: "no", title: "No"}],
  }),
  list: () => say.sendInteractiveList({
    ...to, header: {type: "text", text: "H"}, bodyText: "Which?", buttonText: "Choose",
    sections: [{title: "Plants", rows: [{id: "aloe", title: "Aloe", description: "Sun"}]}],
  }),
  product: () => say.sendInteractiveProduct({
    ...to, bodyText: "B", catalogId: "1", productRetailerId: "aloe",
  }),
  products: () => say.sendInteractiveProductList({
    ...to, header: {type: "text", text: "H"}, bodyText: "B", catalogId: "1",
    sections: [{title: "Succulents", productItems: [{productRetailerId: "aloe"}]}],
  }),
  flow: () => say.sendInteractiveFlow({
    ...to, bodyText: "B",
    parameters: {
      flowId: "1", flowCta: "Join", flowToken: "t-1", flowAction: "navigate",
      flowActionPayload: {screen: "SIGN_UP"},
    },
  }),
  address: () => say.sendInteractiveAddress({
    ...to, bodyText: "Where to?", parameters: {country: "IN", values: {name: "Sheena"}},
  }),
  link: () => say.sendInteractiveCtaUrl({
    ...to, bodyText: "B", parameters: {displayText: "Open", url: "https://www.luckyshrub.com/shop"},
  }),
  "carousel of links": () => say.sendInteractiveCarousel({
    ...to, bodyText: "B",
    cards: cards((index) => ({displayText: "See", url: `https://www.luckyshrub.com/p/${index}`})),
  }),
  "carousel of replies": () => say.sendInteractiveCarousel({
    ...to, bodyText: "B", cards: cards((index) => ({buttons: [{id: `b${index}`, title: "Buy"}]})),
  }),
  catalog: () => say.sendInteractiveCatalogMessage({
    ...to, bodyText: "B", parameters: {thumbnailProductRetailerId: "aloe"},
  }),
  raw: () => say.sendInteractiveRaw({
    ...to,
    interactive: {
      type: "location_request_message", body: {text: "Where?"}, action: {name: "send_location"},
    },
  }),
  template: () => say.sendTemplate(named("hello_world")),
  "template with buttons": () => say.sendTemplate(named("order_confirmation", [
    filled("Sheena", "860198"),
    {type: "button", subType: "url", index: 0, parameters: [{type: "text", text: "860198"}]},
    {type: "button", subType: "quick_reply", index: 1,
      parameters: [{type: "payload", payload: "stop"}]},
  ])),
  "template with names": () => say.sendTemplate(named("spring_sale", [{
    type: "body",
    parameters: [
      {type: "text", parameterName: "first_name", text: "Sheena"},
      {type: "text", parameterName: "discount", text: "25%"},
    ],
  }])),
  "template with an image": () => say.sendTemplate(named("summer_sale", [
    {type: "header", parameters: [picture]}, filled("Sheena"),
  ])),
});
await until(everyStatusCame);

report.media.deleted = await client.media.delete({mediaId: uploaded.id, phoneNumberId: NUMBER});
report.refused.media = await client.media.get({mediaId: uploaded.id}).then(
  () => "found it", (error) => ({error: {code: error.code, error_subcode: error.errorSubcode}}),
);
report.read = await say.markRead({
  phoneNumberId: NUMBER, messageId: quoted, typingIndicator: {type: "text"},
});
callback.close();
console.log(JSON.stringify(report));
