/** Places for steps: from left to right, as the flow goes. */

import { graphlib, layout } from "@dagrejs/dagre";

import { linksOf, type FlowDocument, type Position } from "../flow/document";

export const STEP_WIDTH = 240;
export const STEP_HEIGHT = 84;

export function arranged(document: FlowDocument): Record<string, Position> {
  const names = Object.keys(document.components);
  if (names.length === 0) return {};
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 80 });
  graph.setDefaultEdgeLabel(() => ({}));
  names.forEach((name) => graph.setNode(name, { width: STEP_WIDTH, height: STEP_HEIGHT }));
  linksOf(document).forEach(({ from, to }) => {
    if (from in document.components) graph.setEdge(from, to);
  });
  layout(graph);
  return Object.fromEntries(
    names.map((name) => {
      const { x, y } = graph.node(name) as Position;
      return [name, { x: Math.round(x - STEP_WIDTH / 2), y: Math.round(y - STEP_HEIGHT / 2) }];
    }),
  );
}
