/** What can be guessed of a new step's input, from what the schemas say. */

import type { Catalog, Component } from "./catalog";
import { linksOf, stepsBefore, type FlowDocument, type Input } from "./document";
import type { JsonSchema } from "./schema";

/** The required fields that have nothing in them yet. */
export function missing(schema: JsonSchema, input: Input): string[] {
  return (schema.required ?? []).filter((name) => {
    const value = input[name];
    return value === undefined || value === null || value === "";
  });
}

/**
 * Required fields whose schema names the outputs that fit them (`x-from`) are filled from the
 * nearest earlier step that gives one.
 */
export function fromEarlier(
  document: FlowDocument,
  name: string,
  component: Component,
  catalog: Catalog,
): Input {
  const earlier = [name, ...stepsBefore(document, name)].flatMap((step) =>
    linksOf(document)
      .filter((link) => link.to === step)
      .map(({ from, port }) => ({ from, port })),
  );
  const input: Input = {};
  for (const field of missing(component.schema, document.components[name]?.input ?? {})) {
    const wanted = component.schema.properties?.[field]?.["x-from"] ?? [];
    const found = wanted
      .flatMap((path) => earlier.map((way) => expressionOf(document, way, path, catalog)))
      .find((expression) => expression !== null);
    if (found !== undefined) input[field] = found;
  }
  return input;
}

function expressionOf(
  document: FlowDocument,
  { from, port }: { from: string; port: string },
  path: string,
  { components }: Catalog,
): string | null {
  const component = components.get(document.components[from]?.type ?? "");
  const known = component?.ports.find((each) => each.name === port);
  const given = component?.schema["x-ports"]?.[port];
  if (component === undefined || known === undefined || given === undefined) return null;
  const isGiven = path
    .split(".")
    .reduce<JsonSchema | undefined>((at, word) => fieldOf(at, word, component.schema), given);
  return isGiven === undefined ? null : `{{ ${[from, ...known.path, path].join(".")} }}`;
}

function fieldOf(
  schema: JsonSchema | undefined,
  name: string,
  root: JsonSchema,
): JsonSchema | undefined {
  if (schema === undefined) return undefined;
  const [referred] = schema.$ref?.match(/[^/]+$/) ?? [];
  if (referred !== undefined) return fieldOf(root.$defs?.[referred], name, root);
  const inside = schema.properties?.[name];
  if (inside !== undefined) return inside;
  return schema.anyOf?.map((each) => fieldOf(each, name, root)).find((each) => each !== undefined);
}
