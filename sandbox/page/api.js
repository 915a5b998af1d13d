/* The sandbox's controls, and what to say when one refuses. */

import { t } from "./words.js";

export class Refused extends Error {}

async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(`/_sandbox${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused(t("The sandbox does not answer."));
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(reason(told, answer.status));
  return told;
}

function reason(told, status) {
  const detail = told.detail ?? told.error?.message;
  if (Array.isArray(detail)) {
    return detail.map((one) => `${(one.loc ?? []).slice(1).join(".")}: ${one.msg}`).join("; ");
  }
  if (detail && typeof detail === "object") return JSON.stringify(detail);
  return detail ?? t("The sandbox answered {status}.", { status });
}

const key = encodeURIComponent;

export const api = {
  phones: () => ask("GET", "/phones"),
  phone: (who, before, limit = 100) =>
    ask("GET", `/phones/${key(who)}?limit=${limit}${before ? `&before=${key(before)}` : ""}`),
  write: (who, message) => ask("POST", `/people/${key(who)}/messages`, message),
  addPerson: (person) => ask("POST", "/people", person),
  changePerson: (who, change) => ask("PATCH", `/people/${key(who)}`, change),
  moveClock: (change) => ask("POST", "/clock", change),
  reset: () => ask("POST", "/reset"),
  faults: () => ask("GET", "/faults"),
  addFault: (rule) => ask("POST", "/faults", rule),
  removeFault: (id) => ask("DELETE", `/faults/${key(id)}`),
  calls: () => ask("GET", "/calls?limit=300"),
  call: (id) => ask("GET", `/calls/${key(id)}`),
  webhooks: () => ask("GET", "/webhooks?limit=300"),
  webhook: (id) => ask("GET", `/webhooks/${key(id)}`),
  resend: (id) => ask("POST", `/webhooks/${key(id)}/resend`),
};

export const mediaAddress = (id) => `/_sandbox/media/${key(id)}`;
