/** New flows: from nothing, from an example, from a file and from another flow. */

import type { Catalog, Connector } from "../flow/catalog";
import { flowIn } from "../flow/clipboard";
import type { FlowDocument, Step } from "../flow/document";
import { api, take, type Schemas } from "../shared/api/client";

export interface Known {
  id: string;
  name: string;
}

/** An id for the address bar: the name's letters and digits, and a number where it is taken. */
export function freeId(name: string, taken: readonly Known[]): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 80);
  const stem = plain || "flow";
  return free(
    (number) => (number === 1 ? stem : `${stem}-${number}`),
    taken.map(({ id }) => id),
  );
}

export function freeTitle(name: string, taken: readonly Known[]): string {
  return free(
    (number) => (number === 1 ? name : `${name} ${number}`),
    taken.map((each) => each.name),
  );
}

function free(make: (number: number) => string, taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const made = make(number);
    if (!taken.includes(made)) return made;
  }
}

/** Store a draft under an id and a name that no other flow has; the id is the answer. */
export async function begin(document: FlowDocument, taken: readonly Known[]): Promise<string> {
  const name = freeTitle(document.name, taken);
  const id = freeId(name, taken);
  await take(
    api.PUT("/api/flows/{flow_id}/draft", {
      params: { path: { flow_id: id } },
      body: { ...document, name },
    }),
  );
  return id;
}

/** The connectors of which a flow needs an account. */
export function needsOf(document: FlowDocument, { components }: Catalog): Connector[] {
  const found = new Map<string, Connector>();
  for (const { type } of Object.values(document.components)) {
    const component = components.get(type);
    if (component?.needsAccount) found.set(component.connector.id, component.connector);
  }
  return [...found.values()];
}

/** The account that a connector's steps get. */
export function accountOf(
  connector: Connector,
  accounts: readonly Schemas["Account"][],
): Schemas["Account"] | undefined {
  const own = accounts.filter(({ service }) => service === connector.id);
  return own.find(({ state }) => state === "connected") ?? own[0];
}

/**
 * An example as its new owner's: the owner's accounts instead of the example's. Where services are
 * real, what was chosen of the example's account, such as one of its senders, is left out too.
 */
export function adopted(
  document: FlowDocument,
  catalog: Catalog,
  accounts: readonly Schemas["Account"][],
  isSimulated: boolean,
): FlowDocument {
  const steps = Object.entries(document.components).map(([name, step]): [string, Step] => {
    const component = catalog.components.get(step.type);
    if (component === undefined || !component.takesAccount) return [name, step];
    const account = accountOf(component.connector, accounts)?.name;
    const { account: theirs, ...rest } = step;
    const named = theirs == null || account === undefined ? rest : { ...rest, account };
    return [name, isSimulated ? named : withoutChoices(named, component.schema.properties ?? {})];
  });
  return { ...document, components: Object.fromEntries(steps) };
}

function withoutChoices(step: Step, fields: Record<string, object>): Step {
  if (step.input === undefined) return step;
  const kept = Object.entries(step.input).filter(([name, value]) => {
    const isChosen = "x-source" in (fields[name] ?? {});
    return !isChosen || (typeof value === "string" && value.includes("{{"));
  });
  return { ...step, input: Object.fromEntries(kept) };
}

/** A file's flow, or null if it is none. */
export function readFlow(text: string, fileName: string): FlowDocument | null {
  const read = flowIn(text);
  return read && { ...read, name: read.name || fileName.replace(/\..*$/, "") };
}
