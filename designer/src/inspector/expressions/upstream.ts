/** What earlier steps give: a tree of values to choose from, with examples and the last real ones. */

import type { Schemas } from "../../shared/api/client";
import type { Catalog } from "../../flow/catalog";
import { linksOf, stepsBefore, type FlowDocument } from "../../flow/document";
import type { JsonSchema } from "../../flow/schema";
import { isObject } from "../../shared/values";

/** A value that an expression can name. */
export interface Output {
  /** As it stands in an expression, such as `incoming.message.text.body`. */
  path: string;
  title: string;
  /** What it is, in the schema's own word, or empty. */
  type: string;
  /** A value of it: of the last run, or an example. */
  sample: unknown;
  children: Output[];
}

export interface UpstreamStep {
  step: string;
  label: string;
  icon: string;
  outputs: Output[];
}

export interface Upstream {
  /** Nearest first. */
  steps: UpstreamStep[];
  /** Words for the whole way to a value, such as `New Message › Text`. */
  titles: ReadonlyMap<string, string>;
  /** By step and port, for whoever fills in expressions. */
  given: Record<string, Record<string, unknown>>;
}

type Samples = Schemas["SamplesOfFlow"]["steps"];
const DEEPEST = 8;
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function upstreamOf(
  document: FlowDocument,
  name: string,
  catalog: Catalog,
  samples: Samples,
): Upstream {
  const before = stepsBefore(document, name);
  const way = new Set([name, ...before]);
  const ports = new Map<string, Set<string>>();
  for (const link of linksOf(document)) {
    if (way.has(link.to)) ports.set(link.from, (ports.get(link.from) ?? new Set()).add(link.port));
  }
  const given: Upstream["given"] = {};
  const titles = new Map<string, string>();
  const steps = before.flatMap((step): UpstreamStep[] => {
    const component = catalog.components.get(document.components[step]?.type ?? "");
    if (component === undefined) return [];
    const label = document.components[step]?.label ?? component.label;
    const outputs = component.ports
      .filter((port) => ports.get(step)?.has(port.name))
      .flatMap((port) => {
        const schema = component.schema["x-ports"]?.[port.name] ?? {};
        const example = Object.values(component.schema["x-samples"] ?? {})[0];
        const sample =
          samples[step]?.ports[port.name]?.value ?? (port.isMain ? example : undefined);
        if (sample !== undefined) (given[step] ??= {})[port.name] = sample;
        const root = [step, ...port.path].join(".");
        return outputsOf(root, schema, component.schema, sample, 0);
      });
    outputs.forEach((output) => addTitles(titles, label, output));
    return [
      {
        step,
        label: label === step ? step : `${label} · ${step}`,
        icon: component.connector.icon,
        outputs,
      },
    ];
  });
  return { steps, titles, given };
}

function addTitles(titles: Map<string, string>, before: string, output: Output): void {
  const words = `${before} › ${output.title}`;
  titles.set(output.path, words);
  output.children.forEach((child) => addTitles(titles, words, child));
}

/** The fields of a value: those that its schema has, then those that only the sample has. */
function outputsOf(
  path: string,
  schema: JsonSchema,
  root: JsonSchema,
  sample: unknown,
  depth: number,
): Output[] {
  const resolved = resolve(schema, root);
  const known = Object.entries(resolved.properties ?? {});
  const values = isObject(sample) ? sample : {};
  const seen = Object.keys(values).filter((key) => !(key in (resolved.properties ?? {})));
  const fields: [string, JsonSchema][] = [
    ...known,
    ...seen.map((key): [string, JsonSchema] => [key, {}]),
  ];
  return fields.map(([key, field]) => {
    const full = resolve(field, root);
    const way = PLAIN.test(key) ? `${path}.${key}` : `${path}["${key.replaceAll('"', '\\"')}"]`;
    const value = values[key] ?? full.examples?.[0];
    return {
      path: way,
      title: full.title ?? key,
      type: typeOf(full, value),
      sample: value,
      children: depth < DEEPEST ? childrenOf(way, full, root, value, depth + 1) : [],
    };
  });
}

function childrenOf(
  path: string,
  schema: JsonSchema,
  root: JsonSchema,
  sample: unknown,
  depth: number,
): Output[] {
  const items = resolve(schema, root).items;
  if (items !== undefined || Array.isArray(sample)) {
    const first: unknown = Array.isArray(sample) ? sample[0] : undefined;
    return outputsOf(`${path}[0]`, items ?? {}, root, first, depth);
  }
  return outputsOf(path, schema, root, sample, depth);
}

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const branch = schema.anyOf?.find(({ type }) => type !== "null");
  const own = branch === undefined ? schema : { ...branch, ...schema };
  if (own.$ref === undefined) return own;
  const target = root.$defs?.[own.$ref.replace("#/$defs/", "")];
  return target === undefined ? own : { ...target, ...own };
}

function typeOf(schema: JsonSchema, sample: unknown): string {
  if (typeof schema.type === "string") return schema.type;
  if (Array.isArray(sample)) return "array";
  return sample === null || sample === undefined ? "" : typeof sample;
}
