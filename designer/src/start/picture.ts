/** A small picture of a flow: where its steps stand, and how they are linked. */

import { linksOf, type FlowDocument, type Position } from "../flow/document";

export const BOX_WIDTH = 240;
export const BOX_HEIGHT = 96;
const COLUMN = 330;
const ROW = 140;
const MARGIN = 24;
/** A flow of two steps is not drawn larger than this. */
const LEAST = { width: 620, height: 280 };
/** What nobody could see in a small picture is not drawn. */
const MOST_BOXES = 80;

export interface Box extends Position {
  name: string;
  type: string;
}

export interface Line {
  from: Position;
  to: Position;
}

export interface Picture {
  boxes: Box[];
  lines: Line[];
  view: { x: number; y: number; width: number; height: number };
}

export function pictureOf(document: FlowDocument): Picture {
  const places = placesOf(document);
  const boxes = Object.entries(document.components)
    .slice(0, MOST_BOXES)
    .map(([name, step]): Box => ({
      name,
      type: step.type,
      x: places.get(name)?.x ?? 0,
      y: places.get(name)?.y ?? 0,
    }));
  const known = new Map(boxes.map((box) => [box.name, box]));
  const lines = linksOf(document).flatMap(({ from, to }): Line[] => {
    const [first, second] = [known.get(from), known.get(to)];
    if (first === undefined || second === undefined) return [];
    return [
      {
        from: { x: first.x + BOX_WIDTH, y: first.y + BOX_HEIGHT / 2 },
        to: { x: second.x, y: second.y + BOX_HEIGHT / 2 },
      },
    ];
  });
  return { boxes, lines, view: viewOf(boxes) };
}

/** The places that somebody gave to all steps, or columns from left to right. */
function placesOf(document: FlowDocument): Map<string, Position> {
  const steps = Object.entries(document.components);
  const given = steps.flatMap(([name, { position }]): [string, Position][] =>
    position ? [[name, position]] : [],
  );
  return new Map(given.length === steps.length ? given : inColumns(document));
}

function inColumns(document: FlowDocument): [string, Position][] {
  const columns: string[][] = [];
  for (const [name, column] of columnsOf(document)) (columns[column] ??= []).push(name);
  return columns.flatMap((names, column) =>
    names.map((name, row): [string, Position] => [
      name,
      { x: column * COLUMN, y: (row - (names.length - 1) / 2) * ROW },
    ]),
  );
}

/** The length of the longest way to each step. */
function columnsOf(document: FlowDocument): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (name: string, way: ReadonlySet<string>): number => {
    const known = found.get(name);
    if (known !== undefined) return known;
    const before = Object.keys(document.components[name]?.source?.["in"] ?? {}).filter(
      (each) => each in document.components && !way.has(each),
    );
    const further = new Set([...way, name]);
    const column = Math.max(-1, ...before.map((each) => visit(each, further))) + 1;
    found.set(name, column);
    return column;
  };
  Object.keys(document.components).forEach((name) => visit(name, new Set()));
  return new Map(Object.keys(document.components).map((name) => [name, found.get(name) ?? 0]));
}

function viewOf(boxes: Box[]): Picture["view"] {
  if (boxes.length === 0) return { x: 0, y: 0, ...LEAST };
  const left = Math.min(...boxes.map(({ x }) => x)) - MARGIN;
  const top = Math.min(...boxes.map(({ y }) => y)) - MARGIN;
  const right = Math.max(...boxes.map(({ x }) => x)) + BOX_WIDTH + MARGIN;
  const bottom = Math.max(...boxes.map(({ y }) => y)) + BOX_HEIGHT + MARGIN;
  const width = Math.max(LEAST.width, right - left);
  const height = Math.max(LEAST.height, bottom - top);
  return {
    x: left - (width - (right - left)) / 2,
    y: top - (height - (bottom - top)) / 2,
    width,
    height,
  };
}
