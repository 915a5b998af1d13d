// Node-RED with one flow: webhook, function, HTTP request to Graph. It keeps nothing.
// node server.js FOLDER GRAPH_URL; prints {"port": ...} once it answers.

import {writeFileSync} from "node:fs";
import http from "node:http";
import {join} from "node:path";
import RED from "node-red";

const [folder, graphUrl] = process.argv.slice(2);

// What the engine's flow does with the same webhook, without its checks.
const ANSWER = `
const value = msg.payload.entry[0].changes[0].value;
const message = value.messages[0];
msg.url = "${graphUrl}/v25.0/" + value.metadata.phone_number_id + "/messages";
msg.headers = {authorization: "Bearer bench"};
msg.payload = {
    messaging_product: "whatsapp",
    recipient_type: "individual",
    to: "+" + message.from,
    type: "text",
    text: {body: "You said: " + message.text.body},
};
return msg;
`;

const FLOWS = [
    {id: "tab", type: "tab", label: "Answer"},
    node("webhook", "http in", {url: "/events", method: "post"}, ["answer"]),
    node("answer", "function", {func: ANSWER, outputs: 1}, ["graph"]),
    // Connections are kept, as the engine keeps them. Neither that nor answering the webhook before
    // Graph has answered makes it faster or slower.
    node("graph", "http request", {method: "POST", ret: "obj", persist: true}, ["done"]),
    node("done", "http response", {statusCode: "200"}, []),
];

function node(id, type, properties, next) {
    return {id, type, z: "tab", name: "", x: 0, y: 0, ...properties, wires: [next]};
}

writeFileSync(join(folder, "flows.json"), JSON.stringify(FLOWS));
const server = http.createServer((request, response) => RED.httpNode(request, response));
RED.init(server, {
    userDir: folder,
    flowFile: "flows.json",
    credentialSecret: false,
    httpAdminRoot: false,
    telemetry: {enabled: false, updateNotification: false},
    externalModules: {autoInstall: false, palette: {allowInstall: false}},
    logging: {console: {level: "error", metrics: false, audit: false}},
});
RED.events.on("flows:started", () => {
    server.listen(0, "127.0.0.1", () => {
        process.stdout.write(JSON.stringify({port: server.address().port}) + "\n");
    });
});
await RED.start();
