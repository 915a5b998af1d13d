/** Which links may be drawn, why the others may not, and what a drop stands for. */

import type { Connection, Edge } from "@xyflow/react";

import type { Place } from "../flow/adding";
import type { Catalog } from "../flow/catalog";
import {
  linkId,
  linksOf,
  stepsBefore,
  wouldGoRound,
  type FlowDocument,
  type Link,
} from "../flow/document";

export type Refusal = "trigger" | "itself" | "round";

export function linkOf({ source, sourceHandle, target }: Connection | Edge): Link {
  return { from: source, port: sourceHandle ?? "", to: target };
}

export function refusalOf(
  document: FlowDocument,
  { components }: Catalog,
  { from, to }: Pick<Link, "from" | "to">,
): Refusal | null {
  if (components.get(document.components[to]?.type ?? "")?.kind === "trigger") return "trigger";
  if (from === to) return "itself";
  return wouldGoRound(document, from, to) ? "round" : null;
}

/** The steps that a link being drawn can end at. */
export function fitting(
  document: FlowDocument,
  { components }: Catalog,
  step: string,
  end: "source" | "target",
): Set<string> {
  const others = Object.keys(document.components).filter((name) => name !== step);
  if (end === "target") {
    const after = others.filter((name) => stepsBefore(document, name).includes(step));
    return new Set(others.filter((name) => !after.includes(name)));
  }
  const before = new Set(stepsBefore(document, step));
  return new Set(
    others.filter(
      (name) =>
        !before.has(name) &&
        components.get(document.components[name]?.type ?? "")?.kind !== "trigger",
    ),
  );
}

/** The link or port under something that is dragged over the canvas. */
export function placeUnder(target: EventTarget | null, document: FlowDocument): Place {
  if (!(target instanceof Element)) return {};
  const edge = target.closest<HTMLElement>(".react-flow__edge")?.dataset["id"];
  const link = linksOf(document).find((each) => linkId(each) === edge);
  if (link !== undefined) return { link };
  const handle = target.closest<HTMLElement>(".react-flow__handle.source");
  const [step, port] = [handle?.dataset["nodeid"], handle?.dataset["handleid"]];
  return step !== undefined && port !== undefined ? { after: { step, port } } : {};
}
