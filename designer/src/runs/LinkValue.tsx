import { EdgeLabelRenderer } from "@xyflow/react";

import { textsOf } from "../shared/texts";
import { Tip } from "../shared/ui/Tip";
import { portKey, useDrawn } from "./drawn";
import style from "./runs.module.css";

const SHOWN = 1_000;

/** How many values went along a link in the run that is drawn; the first of them on hover. */
export function LinkValue({
  from,
  port,
  x,
  y,
}: {
  from: string;
  port: string;
  x: number;
  y: number;
}) {
  const drawn = useDrawn((state) => state.ports[portKey(from, port)]);
  if (drawn === undefined) return null;
  // What is empty says nothing where there is little room.
  const first = JSON.stringify(drawn.first, (_, value: unknown) => value ?? undefined, 1);
  return (
    <EdgeLabelRenderer>
      <Tip text={first.length > SHOWN ? `${first.slice(0, SHOWN)}…` : first}>
        <button
          type="button"
          className={`${style["onEdge"]} nodrag nopan`}
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
        >
          {textsOf("runs")("drawn.count", { count: drawn.count })}
        </button>
      </Tip>
    </EdgeLabelRenderer>
  );
}
