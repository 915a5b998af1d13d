/** A flow document, and what people do to it: each function returns a new document. */

import { renamedInJson, type Renaming } from "./references";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Input = Record<string, Json>;

export interface Position {
  x: number;
  y: number;
}

/** One step, as `schemas/flow.schema.json` has it. */
export interface Step {
  type: string;
  account?: string | null;
  source?: Record<string, Record<string, string[]>>;
  input?: Input;
  form?: string | null;
  label?: string | null;
  position?: Position | null;
  folded?: boolean;
}

/** What somebody has written beside the steps. */
export interface FlowNote {
  text: string;
  position?: Position | null;
  size?: { width: number; height: number } | null;
  color?: string | null;
  folded?: boolean;
}

export interface FlowDocument {
  name: string;
  description?: string;
  components: Record<string, Step>;
  notes?: Record<string, FlowNote>;
  [further: string]: unknown;
}

/** A way from a step's output port to another step. */
export interface Link {
  from: string;
  port: string;
  to: string;
}

const INPUT_PORT = "in";
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

export function emptyDocument(name: string): FlowDocument {
  return { name, components: {} };
}

export function isStepName(name: string): boolean {
  return NAME.test(name);
}

export function linkId({ from, port, to }: Link): string {
  return `${from}.${port}>${to}`;
}

/** Every link, in the document's order. */
export function linksOf(document: FlowDocument): Link[] {
  return Object.entries(document.components).flatMap(([to, step]) =>
    Object.entries(step.source?.[INPUT_PORT] ?? {}).flatMap(([from, ports]) =>
      ports.map((port) => ({ from, port, to })),
    ),
  );
}

/** The steps that come before one, nearest first. */
export function stepsBefore(document: FlowDocument, name: string): string[] {
  const found = new Set<string>();
  let frontier = [name];
  while (frontier.length > 0) {
    const earlier = frontier.flatMap((each) =>
      Object.keys(document.components[each]?.source?.[INPUT_PORT] ?? {}),
    );
    frontier = [...new Set(earlier)].filter((each) => !found.has(each) && each !== name);
    frontier.forEach((each) => found.add(each));
  }
  return [...found];
}

/** Whether a link would lead a step back to itself. */
export function wouldGoRound(document: FlowDocument, from: string, to: string): boolean {
  return from === to || stepsBefore(document, from).includes(to);
}

/** A name that no step has, made of the component's last word: `SendText` is `sendText`. */
export function freeName(document: FlowDocument, type: string): string {
  return freeKey(document.components, wordOf(type.split(".").at(-1) ?? type) || "step");
}

/** Words as one that can be the name of a step: `Greet the guest` is `greetTheGuest`. */
export function wordOf(text: string): string {
  const plain = text.replaceAll("ß", "ss").normalize("NFKD").replace(/\p{M}/gu, "");
  const words = plain.replace(/^[^A-Za-z]+/, "").split(/[^A-Za-z0-9_]+/);
  const [first = "", ...rest] = words.filter((word) => word !== "");
  const joined = [
    first.charAt(0).toLowerCase() + first.slice(1),
    ...rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)),
  ].join("");
  return joined.slice(0, 60);
}

export function freeKey(taken: Readonly<Record<string, unknown>>, stem: string): string {
  if (!Object.hasOwn(taken, stem)) return stem;
  for (let number = 2; ; number += 1) {
    if (!Object.hasOwn(taken, `${stem}${number}`)) return `${stem}${number}`;
  }
}

export function changeStep(
  document: FlowDocument,
  name: string,
  change: (step: Step) => Step,
): FlowDocument {
  const step = document.components[name];
  if (step === undefined) return document;
  const changed = change(step);
  if (changed === step) return document;
  return { ...document, components: { ...document.components, [name]: changed } };
}

export function addStep(document: FlowDocument, name: string, step: Step): FlowDocument {
  return { ...document, components: { ...document.components, [name]: step } };
}

export function removeSteps(document: FlowDocument, names: Iterable<string>): FlowDocument {
  const gone = new Set(names);
  const left = Object.entries(document.components).filter(([name]) => !gone.has(name));
  const cut = { ...document, components: Object.fromEntries(left) };
  return linksOf(document)
    .filter((link) => gone.has(link.from) && !gone.has(link.to))
    .reduce(disconnect, cut);
}

export function connect(document: FlowDocument, { from, port, to }: Link): FlowDocument {
  return changeStep(document, to, (step) => {
    const sources = step.source?.[INPUT_PORT] ?? {};
    const ports = sources[from] ?? [];
    if (ports.includes(port)) return step;
    return {
      ...step,
      source: { ...step.source, [INPUT_PORT]: { ...sources, [from]: [...ports, port] } },
    };
  });
}

export function disconnect(document: FlowDocument, { from, port, to }: Link): FlowDocument {
  return changeStep(document, to, (step) => {
    const sources = step.source?.[INPUT_PORT] ?? {};
    const ports = sources[from] ?? [];
    if (!ports.includes(port)) return step;
    const kept = ports.filter((each) => each !== port);
    const others = Object.entries(sources).filter(([name]) => name !== from);
    const rest = Object.fromEntries(
      kept.length === 0
        ? others
        : Object.entries(sources).map(([name, old]) => [name, name === from ? kept : old]),
    );
    const further = without(step.source ?? {}, INPUT_PORT);
    const source = Object.keys(rest).length > 0 ? { ...step.source, [INPUT_PORT]: rest } : further;
    return Object.keys(source).length > 0 ? { ...step, source } : without(step, "source");
  });
}

/** Put a step into a link: what came through the link comes through the step now. */
export function insertOnLink(
  document: FlowDocument,
  link: Link,
  name: string,
  port: string,
): FlowDocument {
  const cut = disconnect(document, link);
  const before = connect(cut, { from: link.from, port: link.port, to: name });
  return connect(before, { from: name, port, to: link.to });
}

export function moveSteps(document: FlowDocument, places: Record<string, Position>): FlowDocument {
  return Object.entries(places).reduce(
    (moved, [name, position]) => changeStep(moved, name, (step) => ({ ...step, position })),
    document,
  );
}

export function setInput(document: FlowDocument, name: string, input: Input): FlowDocument {
  return changeStep(document, name, (step) => ({ ...step, input }));
}

/** The steps that come after some, those included. */
export function stepsAfter(document: FlowDocument, names: Iterable<string>): Set<string> {
  const found = new Set(names);
  const links = linksOf(document);
  for (let grown = -1; grown !== found.size;) {
    grown = found.size;
    for (const { from, to } of links) if (found.has(from)) found.add(to);
  }
  return found;
}

/** The document with a place for all that has none. */
export function settled(
  document: FlowDocument,
  places: Readonly<Record<string, Position>>,
): FlowDocument {
  const lost = Object.keys(places).filter(
    (name) => document.components[name] && !document.components[name].position,
  );
  if (lost.length === 0) return document;
  const components = { ...document.components };
  for (const name of lost) {
    const [step, position] = [components[name], places[name]];
    if (step !== undefined && position !== undefined) components[name] = { ...step, position };
  }
  return { ...document, components };
}

/** Give steps other names; links and expressions follow, in the document's order. */
export function renameSteps(document: FlowDocument, names: Renaming): FlowDocument {
  const renamed = Object.entries(document.components).map(([key, step]) => [
    names.get(key) ?? key,
    renamedInStep(step, names),
  ]);
  return { ...document, components: Object.fromEntries(renamed) as Record<string, Step> };
}

export function renameStep(document: FlowDocument, old: string, name: string): FlowDocument {
  const { components } = document;
  if (!isStepName(name) || !Object.hasOwn(components, old) || Object.hasOwn(components, name)) {
    return document;
  }
  return renameSteps(document, new Map([[old, name]]));
}

/**
 * Call a step what somebody has typed: a word is its name; other text is its label, and the name is
 * made of it.
 */
export function callStep(
  document: FlowDocument,
  old: string,
  text: string,
): [FlowDocument, string] {
  const wanted = text.trim();
  const step = document.components[old];
  if (step === undefined || wanted === "" || wanted === (step.label ?? old)) return [document, old];
  const others = without(document.components, old);
  const isWord = isStepName(wanted);
  const name = freeKey(others, isWord ? wanted : wordOf(wanted) || old);
  const renamed = renameStep(document, old, name);
  return [
    changeStep(renamed, name, (each) =>
      isWord && name === wanted
        ? each.label == null
          ? each
          : without(each, "label")
        : { ...each, label: wanted },
    ),
    name,
  ];
}

export function renamedInStep(step: Step, names: Renaming): Step {
  const changed: Step = { ...step };
  if (step.source) {
    changed.source = Object.fromEntries(
      Object.entries(step.source).map(([port, sources]) => [
        port,
        Object.fromEntries(
          Object.entries(sources).map(([from, ports]) => [names.get(from) ?? from, ports]),
        ),
      ]),
    );
  }
  if (step.input) changed.input = renamedInJson(step.input, names) as Input;
  return changed;
}

export function changeNote(
  document: FlowDocument,
  key: string,
  change: (note: FlowNote) => FlowNote,
): FlowDocument {
  const note = document.notes?.[key];
  if (note === undefined) return document;
  const changed = change(note);
  if (changed === note) return document;
  return { ...document, notes: { ...document.notes, [key]: changed } };
}

export function addNote(document: FlowDocument, note: FlowNote): [FlowDocument, string] {
  const key = freeKey(document.notes ?? {}, "note");
  return [{ ...document, notes: { ...document.notes, [key]: note } }, key];
}

export function removeNotes(document: FlowDocument, keys: Iterable<string>): FlowDocument {
  const gone = new Set(keys);
  if (document.notes === undefined || gone.size === 0) return document;
  const left = Object.entries(document.notes).filter(([key]) => !gone.has(key));
  return left.length === 0
    ? (without(document, "notes") as FlowDocument)
    : { ...document, notes: Object.fromEntries(left) };
}

export function moveNotes(document: FlowDocument, places: Record<string, Position>): FlowDocument {
  return Object.entries(places).reduce(
    (moved, [key, position]) => changeNote(moved, key, (note) => ({ ...note, position })),
    document,
  );
}

export function without<Of extends object, Key extends keyof Of>(of: Of, key: Key): Omit<Of, Key> {
  return Object.fromEntries(Object.entries(of).filter(([each]) => each !== key)) as Omit<Of, Key>;
}
