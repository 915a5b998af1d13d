/** Steps and notes as JSON: what is copied is a flow document of its own, and any such is pasted. */

import { isObject } from "../shared/values";
import {
  freeKey,
  isStepName,
  renamedInStep,
  without,
  wordOf,
  type FlowDocument,
  type FlowNote,
  type Position,
  type Step,
} from "./document";

export interface Pasted {
  document: FlowDocument;
  steps: string[];
  notes: string[];
}

/** What is chosen, with the links among it, as a document. */
export function copied(
  document: FlowDocument,
  steps: readonly string[],
  notes: readonly string[],
): FlowDocument {
  const chosen = Object.entries(document.components).filter(([name]) => steps.includes(name));
  const kept = Object.entries(document.notes ?? {}).filter(([key]) => notes.includes(key));
  return {
    name: document.name,
    components: Object.fromEntries(chosen.map(([name, step]) => [name, among(step, steps)])),
    ...(kept.length === 0 ? {} : { notes: Object.fromEntries(kept) }),
  };
}

function among(step: Step, names: readonly string[]): Step {
  if (step.source === undefined) return step;
  const source = Object.fromEntries(
    Object.entries(step.source)
      .map(([port, sources]): [string, Record<string, string[]>] => [
        port,
        Object.fromEntries(Object.entries(sources).filter(([from]) => names.includes(from))),
      ])
      .filter(([, sources]) => Object.keys(sources).length > 0),
  );
  return Object.keys(source).length === 0 ? without(step, "source") : { ...step, source };
}

/** The document in a text, if it holds one with anything in it. */
export function documentIn(text: string): FlowDocument | null {
  const found = objectIn(text);
  const document = found === null ? null : documentOf({ components: {}, ...found });
  if (document === null) return null;
  return Object.keys({ ...document.components, ...document.notes }).length === 0 ? null : document;
}

/** The flow in the text of a file, which may be an empty one; null if there is none. */
export function flowIn(text: string): FlowDocument | null {
  const found = objectIn(text);
  return found === null ? null : documentOf(found);
}

function objectIn(text: string): Record<string, unknown> | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(read)) return null;
  // An example wraps its flow.
  return isObject(read["flow"]) ? read["flow"] : read;
}

function documentOf(found: Record<string, unknown>): FlowDocument | null {
  const { name, components, notes = {} } = found;
  const isFlow =
    isObject(components) &&
    Object.entries(components).every(([each, step]) => isStepName(each) && isStep(step)) &&
    isObject(notes) &&
    Object.values(notes).every(isNote);
  if (!isFlow) return null;
  const title = typeof name === "string" ? name : "";
  return { ...found, name: title, components: components as Record<string, Step> };
}

function isStep(step: unknown): boolean {
  return (
    isObject(step) &&
    typeof step["type"] === "string" &&
    isNullOr(step["source"], areLinks) &&
    isNullOr(step["input"], isObject) &&
    isNullOr(step["position"], isPosition)
  );
}

function areLinks(source: unknown): boolean {
  return (
    isObject(source) &&
    Object.values(source).every(
      (port) =>
        isObject(port) &&
        Object.values(port).every(
          (ports) => Array.isArray(ports) && ports.every((each) => typeof each === "string"),
        ),
    )
  );
}

function isNote(note: unknown): boolean {
  return (
    isObject(note) && typeof note["text"] === "string" && isNullOr(note["position"], isPosition)
  );
}

function isPosition(position: unknown): boolean {
  return (
    isObject(position) && typeof position["x"] === "number" && typeof position["y"] === "number"
  );
}

function isNullOr(value: unknown, is: (value: unknown) => boolean): boolean {
  return value == null || is(value);
}

/** Put a document's steps and notes into another, under names that are free there. */
export function paste(into: FlowDocument, from: FlowDocument, move: Position): Pasted {
  const taken: Record<string, unknown> = { ...into.components };
  const names = new Map<string, string>();
  for (const name of Object.keys(from.components)) {
    const free = freeKey(taken, Object.hasOwn(taken, name) ? stemOf(name) : name);
    taken[free] = true;
    names.set(name, free);
  }
  const components = { ...into.components };
  for (const [name, step] of Object.entries(from.components)) {
    const pasted = renamedInStep(among(step, Object.keys(from.components)), names);
    components[names.get(name) ?? name] = moved(pasted, move);
  }
  const notes: Record<string, FlowNote> = { ...into.notes };
  const keys = Object.entries(from.notes ?? {}).map(([key, note]) => {
    const free = freeKey(notes, Object.hasOwn(notes, key) ? stemOf(key) : key);
    notes[free] = moved(note, move);
    return free;
  });
  return {
    document: { ...into, components, ...(Object.keys(notes).length === 0 ? {} : { notes }) },
    steps: [...names.values()],
    notes: keys,
  };
}

function stemOf(name: string): string {
  return wordOf(name.replace(/\d+$/, "")) || name;
}

function moved<Placed extends { position?: Position | null }>(it: Placed, by: Position): Placed {
  return it.position
    ? { ...it, position: { x: it.position.x + by.x, y: it.position.y + by.y } }
    : it;
}
