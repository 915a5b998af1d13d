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

/** The document in a text, if it holds one. */
export function documentIn(text: string): FlowDocument | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(read)) return null;
  // An example wraps its flow.
  const found = isObject(read["flow"]) ? read["flow"] : read;
  const components = found["components"] ?? {};
  const notes = found["notes"] ?? {};
  const areSteps =
    isObject(components) &&
    Object.entries(components).every(
      ([name, step]) => isStepName(name) && isObject(step) && typeof step["type"] === "string",
    );
  const areNotes =
    isObject(notes) &&
    Object.values(notes).every((note) => isObject(note) && typeof note["text"] === "string");
  if (!areSteps || !areNotes || Object.keys({ ...components, ...notes }).length === 0) return null;
  return { name: "", ...found, components: components as Record<string, Step> };
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
