/** All links of a large flow that is seen from far away, as two lines: those that rest, and the others. */

import { getBezierPath, Position, ViewportPortal } from "@xyflow/react";
import { useState } from "react";

import type { Link } from "../flow/document";
import { countRender } from "../shared/renders";
import style from "./canvas.module.css";
import { STEP_WIDTH } from "./geometry";
import { CURVATURE, type LinkEdgeType } from "./LinkEdge";
import type { CanvasNode } from "./nodes";
import type { StepNodeType } from "./StepNode";

interface Props {
  nodes: readonly CanvasNode[];
  links: readonly LinkEdgeType[];
}

export function OverviewLinks({ nodes, links }: Props) {
  countRender("links");
  const [linesOf] = useState(keptLines);
  const [resting, moving] = linesOf(nodes, links);
  return (
    <ViewportPortal>
      <svg className={style["overview"]} aria-hidden>
        <path d={resting} />
        <path d={moving} />
      </svg>
    </ViewportPortal>
  );
}

/** A line whose ends are as last time is the same. */
function keptLines() {
  let known = new Map<string, { from: CanvasNode; to: CanvasNode; line: string }>();
  return (nodes: Props["nodes"], links: Props["links"]): [string, string] => {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const now: typeof known = new Map();
    const [resting, moving]: [string[], string[]] = [[], []];
    for (const { id, data } of links) {
      const from = byId.get(data?.link.from ?? "");
      const to = byId.get(data?.link.to ?? "");
      if (data === undefined || from?.type !== "step" || to?.type !== "step") continue;
      const old = known.get(id);
      const isOld = old?.from === from && old.to === to;
      const line = isOld ? old.line : lineOf(from, data.link, to);
      now.set(id, isOld ? old : { from, to, line });
      (from.dragging === true || to.dragging === true ? moving : resting).push(line);
    }
    known = now;
    return [resting.join(""), moving.join("")];
  };
}

function lineOf(from: StepNodeType, { port }: Link, to: StepNodeType): string {
  const { ports } = from.data.look;
  const [line] = getBezierPath({
    sourceX: from.position.x + STEP_WIDTH,
    sourceY: from.position.y + (ports.find(({ name }) => name === port)?.y ?? 0),
    sourcePosition: Position.Right,
    targetX: to.position.x,
    targetY: to.position.y + to.data.look.height / 2,
    targetPosition: Position.Left,
    curvature: CURVATURE,
  });
  return line;
}
