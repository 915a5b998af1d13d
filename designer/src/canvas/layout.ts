/** Places for steps: from left to right, as the flow goes; worked out beside the page. */

import { graphlib, layout } from "@dagrejs/dagre";

import type { Position } from "../flow/document";

export interface Drawn {
  /** Each step's height by its name, in the document's order. */
  heights: Record<string, number>;
  width: number;
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
  return Object.fromEntries(
    names.map((name) => {
      const { x, y } = graph.node(name) as Position;
      const height = heights[name] ?? 0;
      return [name, { x: Math.round(x - width / 2), y: Math.round(y - height / 2) }];
    }),
  );
}
