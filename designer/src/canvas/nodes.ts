/** What the drawing library is given of a document; what has not changed stays the same object. */

import { useMemo, useState } from "react";

import { linkId, linksOf, type FlowDocument, type Link, type Position } from "../flow/document";
import { STEP_WIDTH, type StepLook } from "./geometry";
import type { LinkEdgeType } from "./LinkEdge";
import { NOTE_SIZE, noteId, type NoteNodeType } from "./NoteNode";
import type { StepNodeType } from "./StepNode";

export type CanvasNode = StepNodeType | NoteNodeType;

export interface Shown {
  document: FlowDocument;
  places: Readonly<Record<string, Position>>;
  looks: ReadonlyMap<string, StepLook>;
  selected: readonly string[];
  selectedNotes: readonly string[];
}

export function nodesOf(
  { document, places, looks, selected, selectedNotes }: Shown,
  before: readonly CanvasNode[],
): CanvasNode[] {
  const known = new Map(before.map((node) => [node.id, node]));
  const chosen = new Set(selected);
  const chosenNotes = new Set(selectedNotes);
  const notes = Object.entries(document.notes ?? {}).map(([key, note], at): CanvasNode => {
    const id = noteId(key);
    const position = note.position ?? { x: at * 20, y: -200 + at * 20 };
    const size = note.folded === true ? { width: 160, height: 32 } : (note.size ?? NOTE_SIZE);
    const old = known.get(id);
    const isSelected = chosenNotes.has(key);
    if (
      old?.type === "note" &&
      isAt(old.position, position) &&
      old.width === size.width &&
      old.height === size.height
    ) {
      return old.selected === isSelected ? old : { ...old, selected: isSelected };
    }
    return {
      id,
      type: "note",
      position,
      ...size,
      measured: size,
      zIndex: -1,
      selected: isSelected,
      data: { key },
    };
  });
  const steps = Object.entries(document.components).flatMap(([id, step]): CanvasNode[] => {
    const position = step.position ?? places[id];
    const look = looks.get(id);
    if (position === undefined || look === undefined) return [];
    const isSelected = chosen.has(id);
    const old = known.get(id);
    if (old?.type === "step" && old.data.look === look && isAt(old.position, position)) {
      return [old.selected === isSelected ? old : { ...old, selected: isSelected }];
    }
    return [
      {
        // What is out of sight is never measured, and counts all the same.
        measured: { width: STEP_WIDTH, height: look.height },
        id,
        type: "step",
        position,
        width: STEP_WIDTH,
        height: look.height,
        handles: look.handles,
        selected: isSelected,
        data: old?.type === "step" && old.data.look === look ? old.data : { look },
      },
    ];
  });
  return [...notes, ...steps];
}

function isAt(one: Position, other: Position): boolean {
  return one.x === other.x && one.y === other.y;
}

/** The links between steps that are there, the chosen one marked. */
export function useEdges(document: FlowDocument, selectedLink: string | null): LinkEdgeType[] {
  const [edgesOf] = useState(keptEdges);
  return useMemo(() => edgesOf(document, selectedLink), [document, edgesOf, selectedLink]);
}

/** What is the same as last time is the same object. */
function keptEdges() {
  let before = new Map<string, LinkEdgeType>();
  return (document: FlowDocument, selectedLink: string | null): LinkEdgeType[] => {
    const edges = linksOf(document)
      .filter(({ from }) => Object.hasOwn(document.components, from))
      .map((link) => {
        const id = linkId(link);
        const old = before.get(id);
        const selected = id === selectedLink;
        return old !== undefined && old.selected === selected ? old : edgeOf(link, selected);
      });
    before = new Map(edges.map((edge) => [edge.id, edge]));
    return edges;
  };
}

function edgeOf(link: Link, selected: boolean): LinkEdgeType {
  return {
    id: linkId(link),
    type: "link",
    source: link.from,
    sourceHandle: link.port,
    target: link.to,
    targetHandle: "in",
    selected,
    data: { link },
  };
}
