// whatsapp-api-js: every message it knows, media, and webhooks through its own server part.

import * as m from "whatsapp-api-js/messages";
import {WhatsAppAPI} from "whatsapp-api-js/middleware/node-http";
import {
  detour, everyStatusCame, FILE, forge, INBOUND, LINK, listen, note, NUMBER, PERSON, report,
  SECRET, sendAll, TOKEN, until, USER_ID, VERIFY, write,
} from "./stage.js";
import {Readable} from "node:stream";

const client = new WhatsAppAPI({
  token: TOKEN,
  appSecret: SECRET,
  webhookVerifyToken: VERIFY,
  v: "v25.0",
  ponyfill: {fetch: detour},
});
client.on.message = ({contact, message}) => report.heard.push({contact, message});
client.on.status = ({id, status}) => note(id, status);

const callback = await listen(async (request, body) => {
  if (request.method === "GET") return [200, client.handle_get(request)];
  const again = Object.assign(Readable.from([body]), {headers: request.headers});
  return [await client.handle_post(again), ""];
});
await forge(callback.url);
await write(INBOUND);

const form = new FormData();
form.set("file", new Blob([FILE], {type: "image/png"}), "a.png");
const uploaded = await client.uploadMedia(NUMBER, form);
const described = await client.retrieveMedia(uploaded.id, NUMBER);
const downloaded = await client.fetchMedia(described.url);
report.media = {
  described,
  type: downloaded.headers.get("Content-Type"),
  hex: Buffer.from(await downloaded.arrayBuffer()).toString("hex"),
};

const quoted = report.heard[0].message.id;
const body = new m.Body("Body");
const footer = new m.Footer("Footer");
const image = new m.Image(`${LINK}/a.png`);
const product = new m.CatalogProduct("aloe", "1");
const section = new m.ProductSection("Succulents", new m.Product("aloe"), new m.Product("agave"));
const buttons = new m.ActionButtons(new m.Button("yes", "Yes"), new m.Button("no", "No"));
const rows = new m.ListSection("Plants", new m.Row("aloe", "Aloe", "Needs sun"));
const card = [
  new m.Name("Barbara Fisher", "Barbara"),
  new m.Birthday("1999", "01", "23"),
  new m.Phone("+16505559999", "WORK", "16505559999"),
  new m.Email("b@luckyshrub.com", "WORK"),
  new m.Organization("Lucky Shrub", "Legal", "Counsel"),
  new m.Url("https://www.luckyshrub.com", "WORK"),
];
const filled = (...texts) => new m.BodyComponent(...texts.map((text) => new m.BodyParameter(text)));
const pictured = new m.HeaderComponent(new m.HeaderParameter(image));

const messages = {
  text: new m.Text("Hi", true),
  "image by id": new m.Image(uploaded.id, true, "A"),
  image,
  video: new m.Video(`${LINK}/a.mp4`, false, "A"),
  audio: new m.Audio(`${LINK}/a.mp3`),
  document: new m.Document(`${LINK}/a.pdf`, false, "A", "a.pdf"),
  sticker: new m.Sticker(`${LINK}/a.webp`),
  location: new m.Location(-122.1, 37.4, "Philz", "101 Forest"),
  contacts: new m.Contacts(card),
  reaction: new m.Reaction(quoted, "👍"),
  "reaction taken back": new m.Reaction(quoted),
  buttons: new m.Interactive(buttons, body, new m.Header("Header"), footer),
  "buttons under an image": new m.Interactive(buttons, body, new m.Header(image)),
  list: new m.Interactive(new m.ActionList("Choose", rows), body, new m.Header("H"), footer),
  link: new m.Interactive(new m.ActionCTA("Open", "https://www.luckyshrub.com/shop"), body),
  catalog: new m.Interactive(new m.ActionCatalog(new m.Product("aloe")), body),
  product: new m.Interactive(new m.ActionProduct(product), body),
  products: new m.Interactive(new m.ActionProductList("1", section), body, new m.Header("H")),
  flow: new m.Interactive(new m.ActionNavigateFlow("t-1", "1", "Join", "SIGN_UP", {a: 1}), body),
  "location request": new m.Interactive(new m.ActionLocation(), body),
  "call permission": new m.Interactive(new m.ActionCallPermission(), body),
  "contact request": new m.Interactive(new m.ActionContactRequest(), body),
  "template hello_world": new m.Template("hello_world", "en_US"),
  "template with buttons": new m.Template(
    "order_confirmation", "en_US", filled("Sheena", "860198"),
    new m.URLComponent("860198"), new m.PayloadComponent("stop"),
  ),
  "template with names": new m.Template(
    "spring_sale", "en_US",
    new m.BodyComponent(
      new m.BodyParameter("Sheena", "first_name"), new m.BodyParameter("25%", "discount"),
    ),
  ),
  "template with an image": new m.Template("summer_sale", "en_US", pictured, filled("Sheena")),
  "template with money and date": new m.Template(
    "payment_reminder", "en_US",
    filled(new m.Currency(100990, "USD", "$100.99"), new m.DateTime("October 2, 2026")),
  ),
  "template with a code": new m.Template(
    "coupon_code_fall", "en_US", filled("25OFF", "25%"),
    new m.PayloadComponent("stop"), new m.CopyComponent("25OFF"),
  ),
  "template with a flow": new m.Template(
    "flow_template", "en_US", new m.FlowComponent("t-1", {a: "1"}),
  ),
  "template with a catalog": new m.Template(
    "intro_catalog_offer", "en_US", filled("100", "400", "3"),
    new m.CatalogComponent(new m.Product("aloe")),
  ),
  "template with products": new m.Template(
    "abandoned_cart", "en_US",
    new m.HeaderComponent(new m.HeaderParameter("Sheena")), filled("10OFF"),
    new m.MPMComponent(new m.Product("aloe"), section),
  ),
  "template that ends": new m.Template(
    "limited_time_offer_caribbean", "en_US", pictured,
    new m.LTOComponent(Date.UTC(2099, 0, 1)), filled("Sheena", "CARIBE25"),
    new m.CopyComponent("CARIBE25"), new m.URLComponent("n3mtql"),
  ),
  "template carousel": new m.Template(
    "carousel_media_cards", "en_US", filled("Sheena", "30%", "30OFF"),
    new m.CarouselComponent(
      ...["0", "1"].map((index) => new m.CarouselCard(
        image, new m.PayloadComponent("more"), new m.URLComponent(`PLANT_${index}`),
      )),
    ),
  ),
};
const sender = (message) => () => client.sendMessage(NUMBER, {phone: `+${PERSON}`}, message);
await sendAll({
  ...Object.fromEntries(Object.entries(messages).map(([name, one]) => [name, sender(one)])),
  quote: () => client.sendMessage(NUMBER, {phone: PERSON}, new m.Text("Hi"), quoted, "tracker"),
  "text to a user id": () => client.sendMessage(NUMBER, {bsuid: USER_ID}, new m.Text("Hi")),
});
await until(everyStatusCame);

report.media.deleted = await client.deleteMedia(uploaded.id, NUMBER);
report.refused.media = await client.retrieveMedia(uploaded.id, NUMBER);
report.read = await client.markAsRead(NUMBER, quoted, "text");
callback.close();
console.log(JSON.stringify(report));
