/** What a first flow takes, and what of it is done: only what is really there counts. */

import type { Catalog } from "../../flow/catalog";
import { linksOf, type FlowDocument } from "../../flow/document";
import type { Schemas } from "../../shared/api/client";

export const ITEMS = ["connect", "trigger", "reply", "start", "write", "read"] as const;
export type Item = (typeof ITEMS)[number];

export interface Facts {
  catalog: Catalog;
  accounts: readonly Schemas["Account"][];
  /** null as long as there is no flow. */
  document: FlowDocument | null;
  isRunning: boolean;
  /** The flow's newest runs. */
  runs: readonly Pick<Schemas["RunSummary"], "isTest" | "eventId" | "fates">[];
}

/** What of a first flow is done. */
export function doneOf(facts: Facts): Record<Item, boolean> {
  const { catalog, accounts, document, runs } = facts;
  const kinds = Object.values(document?.components ?? {}).map(
    ({ type }) => catalog.components.get(type)?.kind,
  );
  const written = runs.filter(({ isTest, eventId }) => !isTest && eventId !== null);
  return {
    connect: accounts.some(({ state }) => state === "connected"),
    trigger: kinds.includes("trigger"),
    reply: document !== null && hasReply(document, catalog),
    start: facts.isRunning || runs.length > 0,
    write: written.length > 0,
    read: written.some(({ fates }) => (fates["read"] ?? 0) + (fates["played"] ?? 0) > 0),
  };
}

/** A step that follows another one and changes something out there. */
function hasReply(document: FlowDocument, { components }: Catalog): boolean {
  return linksOf(document).some(({ to }) => {
    const component = components.get(document.components[to]?.type ?? "");
    return component?.kind === "action" && component.effect === "write";
  });
}

/** The first that is not done; null in the end. */
export function nextOf(done: Record<Item, boolean>): Item | null {
  return ITEMS.find((item) => !done[item]) ?? null;
}

/** Something was delivered that nobody has read yet. */
export function isDelivered(facts: Facts): boolean {
  return facts.runs.some(({ fates }) => (fates["delivered"] ?? 0) > 0);
}
