/** A flow document, and what people do to it: each function returns a new document. */

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
}

export interface FlowDocument {
  name: string;
  description?: string;
  components: Record<string, Step>;
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
  const last = type.split(".").at(-1) ?? type;
  const stem =
    (last.charAt(0).toLowerCase() + last.slice(1)).replace(/[^A-Za-z0-9_]/g, "") || "step";
  const taken = document.components;
  if (!(stem in taken)) return stem;
  for (let number = 2; ; number += 1) {
    if (!(`${stem}${number}` in taken)) return `${stem}${number}`;
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
    if (Object.keys(rest).length > 0)
      return { ...step, source: { ...step.source, [INPUT_PORT]: rest } };
    return without(step, "source");
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

/** Give a step another name; links and expressions follow, in the document's order. */
export function renameStep(document: FlowDocument, old: string, name: string): FlowDocument {
  if (!isStepName(name) || name in document.components || !(old in document.components)) {
    return document;
  }
  const renamed = Object.entries(document.components).map(([key, step]) => [
    key === old ? name : key,
    renameInStep(step, old, name),
  ]);
  return { ...document, components: Object.fromEntries(renamed) as Record<string, Step> };
}

function renameInStep(step: Step, old: string, name: string): Step {
  const changed: Step = { ...step };
  if (step.source) {
    changed.source = Object.fromEntries(
      Object.entries(step.source).map(([port, sources]) => [
        port,
        Object.fromEntries(
          Object.entries(sources).map(([from, ports]) => [from === old ? name : from, ports]),
        ),
      ]),
    );
  }
  if (step.input) changed.input = renameInJson(step.input, old, name) as Input;
  return changed;
}

function renameInJson(value: Json, old: string, name: string): Json {
  if (typeof value === "string") return renameInText(value, old, name);
  if (Array.isArray(value)) return value.map((each) => renameInJson(each, old, name));
  if (value === null || typeof value !== "object") return value;
  if ("$literal" in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, renameInJson(each, old, name)]),
  );
}

/** Within `{{ }}`, outside quotes, a word that no dot precedes is the name of a step. */
export function renameInText(text: string, old: string, name: string): string {
  return text.replace(/\{\{([\s\S]*?)\}\}/g, (whole, expression: string) => {
    const parts = expression.split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/);
    const word = new RegExp(`(^|[^.\\w])${old}(?!\\w)`, "g");
    const changed = parts.map((part, at) =>
      at % 2 === 1 ? part : part.replace(word, (_, before: string) => `${before}${name}`),
    );
    return whole.replace(expression, () => changed.join(""));
  });
}

export function without<Of extends object, Key extends keyof Of>(of: Of, key: Key): Omit<Of, Key> {
  return Object.fromEntries(Object.entries(of).filter(([each]) => each !== key)) as Omit<Of, Key>;
}
