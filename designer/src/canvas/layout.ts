/** Places for steps: from left to right, as the flow goes; worked out beside the page. */

import { graphlib, layout } from "@dagrejs/dagre";

import type { Position } from "../flow/document";

export interface Drawn {
  /** Each step's height by its name, in the document's order. */
  heights: Record<string, number>;
  width: number;
  /** Those of one step in the order of its ports. */
  links: { from: string; to: string }[];
}

export function arranged({ heights, width, links }: Drawn): Record<string, Position> {
  const names = Object.keys(heights);
  if (names.length === 0) return {};
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 80, ranker: "tight-tree" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const name of names) graph.setNode(name, { width, height: heights[name] ?? 0 });
  for (const { from, to } of links) if (from in heights && to in heights) graph.setEdge(from, to);
  layout(graph);
  const places = Object.fromEntries(
    names.map((name) => {
      const { x, y } = graph.node(name) as Position;
      const height = heights[name] ?? 0;
      return [name, { x: Math.round(x - width / 2), y: Math.round(y - height / 2) }];
    }),
  );
  return { ...places, ...inOrder(places, heights, links) };
}

/** Steps at which a branch ends stand below one another as the links to them are given. */
function inOrder(
  places: Readonly<Record<string, Position>>,
  heights: Readonly<Record<string, number>>,
  links: Drawn["links"],
): Record<string, Position> {
  const moved: Record<string, Position> = {};
  const leading = new Set(links.map(({ from }) => from));
  const led = new Map<string, Set<string>>();
  for (const { from, to } of links) led.set(to, (led.get(to) ?? new Set()).add(from));
  const ends = new Map<string, string[]>();
  for (const { from, to } of links) {
    const place = places[to];
    if (leading.has(to) || led.get(to)?.size !== 1 || place === undefined) continue;
    const key = `${from} ${place.x} ${heights[to] ?? 0}`;
    const known = ends.get(key) ?? [];
    if (!known.includes(to)) ends.set(key, [...known, to]);
  }
  for (const names of ends.values()) {
    const slots = names.flatMap((name) => places[name] ?? []).sort((a, b) => a.y - b.y);
    names.forEach((name, at) => {
      const slot = slots[at];
      if (slot !== undefined) moved[name] = slot;
    });
  }
  return moved;
}
