// What both scripts share: the sandbox's people, a webhook server, and the report for pytest.

import {createServer} from "node:http";

const {SANDBOX, TOKEN, SECRET, VERIFY, WABA, NUMBER, PERSON, USER_ID} = process.env;
export {SANDBOX, TOKEN, SECRET, VERIFY, NUMBER, PERSON, USER_ID};
export const LINK = "https://www.luckyshrub.com/media";
export const FILE = Buffer.from("89504e470d0a1a0a0000", "hex");
const DEADLINE_MS = 60_000;

export const INBOUND = [
  {type: "text", text: {body: "Grüße 😀 </script>"}},
  {type: "image", image: {caption: "Look"}},
  {type: "audio", audio: {voice: true}},
  {type: "video"},
  {type: "document", document: {filename: "a.pdf"}},
  {type: "sticker"},
  {type: "location", location: {latitude: 37.4, longitude: -122.1, name: "Philz"}},
  {type: "contacts", contacts: [{name: {formatted_name: "Barbara", first_name: "Barbara"}}]},
  {type: "reaction", reaction: {message_id: "wamid.x", emoji: "👍"}},
  {type: "button", button: {payload: "stop", text: "Stop"}},
  {type: "interactive", interactive: {type: "button_reply", button_reply: {id: "y", title: "Yes"}}},
  {type: "interactive", interactive: {type: "list_reply", list_reply: {id: "a", title: "Aloe"}}},
];

export const report = {sent: {}, requests: {}, written: INBOUND, heard: [], statuses: {}, media: {}, refused: {}};

/** fetch, with Meta's host found at the sandbox and the last JSON body kept for the report. */
let lastBody = null;
export function detour(url, options) {
  const wanted = new URL(url);
  const there = new URL(SANDBOX);
  if (wanted.hostname === "graph.facebook.com") {
    wanted.protocol = there.protocol;
    wanted.host = there.host;
  }
  if (typeof options?.body === "string") lastBody = JSON.parse(options.body);
  return fetch(wanted, options);
}

/** Send by each of the functions and keep what was asked and which id came back. */
export async function sendAll(sends) {
  for (const [name, send] of Object.entries(sends)) {
    const answer = await send();
    if (!answer.messages) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    report.sent[name] = answer.messages[0].id;
    report.requests[name] = lastBody;
  }
}

export async function control(method, path, body) {
  const answer = await fetch(`${SANDBOX}/_sandbox${path}`, {
    method,
    headers: {"Content-Type": "application/json"},
    body: body && JSON.stringify(body),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
  return value;
}

/** Serve `answer(request, body)` as the app's callback; gives the address and a way to close. */
export async function listen(answer) {
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const [status, text] = await answer(request, Buffer.concat(parts));
    response.writeHead(status).end(text);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const choice = await control("POST", "/webhook", {callbackUrl: url, verifyToken: VERIFY});
  if (!choice.verified) throw new Error(choice.reason);
  await detour(`https://graph.facebook.com/v25.0/${WABA}/subscribed_apps`, {
    method: "POST",
    headers: {Authorization: `Bearer ${TOKEN}`},
  });
  return {url, close: () => server.close()};
}

/** A body that nobody signed with the secret must be refused. */
export async function forge(url) {
  const answer = await fetch(url, {
    method: "POST",
    headers: {"Content-Type": "application/json", "X-Hub-Signature-256": `sha256=${"0".repeat(64)}`},
    body: '{"object":"whatsapp_business_account","entry":[]}',
  });
  report.refused.forgery = answer.status;
}

export async function until(holds) {
  const end = Date.now() + DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not in time: ${holds}\n${JSON.stringify(report)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function note(id, status) {
  (report.statuses[id] ??= []).push(status);
}

export function everyStatusCame() {
  return Object.values(report.sent).every((id) => report.statuses[id]?.length === 3);
}

/** Sheena writes one of each kind, and waits until the client has heard it. */
export async function write(messages) {
  for (const message of messages) {
    const before = report.heard.length;
    await control("POST", `/people/${PERSON}/messages`, message);
    await until(() => report.heard.length > before);
  }
}
