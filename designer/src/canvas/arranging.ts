/** Laying out in a worker: a flow of hundreds of steps takes longer than a frame. */

import { linksOf, type FlowDocument, type Link, type Position } from "../flow/document";
import type { Drawn } from "./layout";

type Places = Record<string, Position>;

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, (places: Places) => void>();

export function arrange(drawn: Drawn): Promise<Places> {
  if (worker === undefined) {
    worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<{ id: number; places: Places }>) => {
      waiting.get(data.id)?.(data.places);
      waiting.delete(data.id);
    };
  }
  const id = ++last;
  const answer = new Promise<Places>((resolve) => waiting.set(id, resolve));
  worker.postMessage({ id, drawn });
  return answer;
}

/** The places of those that have none, beside those that have one already. */
export function besideKnown(
  all: Readonly<Record<string, Position>>,
  known: Readonly<Record<string, Position>>,
): Record<string, Position> {
  const lost = Object.entries(all).filter(([name]) => !(name in known));
  const placed = Object.values(known);
  if (placed.length === 0) return Object.fromEntries(lost);
  const bottom = Math.max(...placed.map(({ y }) => y)) + 160;
  const left = Math.min(...placed.map(({ x }) => x));
  const [top, start] = [
    Math.min(...lost.map(([, { y }]) => y)),
    Math.min(...lost.map(([, { x }]) => x)),
  ];
  return Object.fromEntries(
    lost.map(([name, { x, y }]) => [name, { x: x - start + left, y: y - top + bottom }]),
  );
}

/** The links of a flow, those of one step in the order in which its ports are drawn. */
export function orderedLinks(
  document: FlowDocument,
  portsOf: (step: string) => readonly string[],
): Drawn["links"] {
  const order = new Map<string, Map<string, number>>();
  const placeOf = ({ from, port }: Link) => {
    const known =
      order.get(from) ?? new Map(portsOf(from).map((name, at): [string, number] => [name, at]));
    order.set(from, known);
    return known.get(port) ?? known.size;
  };
  return linksOf(document)
    .map((link) => ({ link, at: placeOf(link) }))
    .sort((one, other) => one.at - other.at)
    .map(({ link: { from, to } }) => ({ from, to }));
}
