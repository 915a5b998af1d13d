/** How large a step is drawn and where its ports are: known before anything is drawn. */

import { Position, type NodeHandle } from "@xyflow/react";

import type { Component } from "../flow/catalog";
import type { Json, Step } from "../flow/document";
import type { JsonSchema } from "../flow/schema";

export const STEP_WIDTH = 248;
const CARD_HEIGHT = 84;
const FOLDED_HEIGHT = 40;
const ROW = 24;
const SMALL_ROW = 14;
const HANDLE = 12;

export interface ShownPort {
  name: string;
  isMain: boolean;
  isUsed: boolean;
  y: number;
}

export interface StepLook {
  /** What the step is one of; nothing while nobody knows. */
  component?: Component | undefined;
  height: number;
  isTrigger: boolean;
  isFolded: boolean;
  ports: ShownPort[];
  handles: NodeHandle[];
}

type PortName = Pick<Component["ports"][number], "name" | "isMain">;

/** The ports that are drawn: those that something can leave at, and those that the flow uses. */
export function shownPorts(
  step: Step,
  component: Component | undefined,
  formed: readonly PortName[] | undefined,
  used: ReadonlySet<string>,
): Omit<ShownPort, "y">[] {
  const known = formed ?? component?.ports ?? [];
  const possible = known.filter(
    ({ name }) => used.has(name) || isPossible(component?.schema, name, step),
  );
  const ports = possible.map(({ name, isMain }) => ({ name, isMain, isUsed: used.has(name) }));
  const further = [...used]
    .filter((name) => !known.some((each) => each.name === name))
    .map((name) => ({ name, isMain: false, isUsed: true }));
  return [...ports, ...further].sort((one, other) => Number(other.isMain) - Number(one.isMain));
}

function isPossible(schema: JsonSchema | undefined, port: string, step: Step): boolean {
  const when = schema?.["x-ports"]?.[port]?.["x-when"] ?? {};
  return Object.entries(when).every(([field, values]) => {
    const value: Json | undefined = step.input?.[field] ?? schema?.properties?.[field]?.default;
    const isOpen = typeof value === "string" && value.includes("{{");
    return isOpen || (value !== undefined && values.includes(value));
  });
}

export function lookOf(
  ports: readonly Omit<ShownPort, "y">[],
  isTrigger: boolean,
  isFolded: boolean,
): StepLook {
  const rows = ports.map((port) => (isFolded ? 8 : port.isMain || port.isUsed ? ROW : SMALL_ROW));
  const needed = rows.reduce((sum, row) => sum + row, 0);
  const height = Math.max(isFolded ? FOLDED_HEIGHT : CARD_HEIGHT, needed + 12);
  let y = (height - needed) / 2;
  const placed = ports.map((port, at): ShownPort => {
    const row = rows[at] ?? ROW;
    y += row;
    return { ...port, y: y - row / 2 };
  });
  const handle = { width: HANDLE, height: HANDLE };
  return {
    height,
    isTrigger,
    isFolded,
    ports: placed,
    handles: [
      ...(isTrigger
        ? []
        : [
            {
              ...handle,
              id: "in",
              type: "target" as const,
              position: Position.Left,
              x: -HANDLE / 2,
              y: height / 2 - HANDLE / 2,
            },
          ]),
      ...placed.map((port) => ({
        ...handle,
        id: port.name,
        type: "source" as const,
        position: Position.Right,
        x: STEP_WIDTH - HANDLE / 2,
        y: port.y - HANDLE / 2,
      })),
    ],
  };
}

/** Where a step stands that was dropped at a place, so far to the left of it. */
export function droppedAt({ x, y }: { x: number; y: number }, back: number) {
  return { x: Math.round(x - back), y: Math.round(y - 40) };
}
