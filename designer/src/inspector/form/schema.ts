/**
 * A component's schema as the form library can draw it: what may be absent is one kind of field,
 * defaults are shown and never filled in, and what can be several kinds of value is a text.
 */

import type { Json } from "../../flow/document";
import type { JsonSchema } from "../../flow/schema";
import { isObject } from "../../shared/values";

/** The words that the form adds: what JSON can be typed here, and what counts when it is empty. */
export interface FormSchema extends JsonSchema {
  "x-any"?: boolean;
  "x-default"?: JsonSchema["default"];
  properties?: Record<string, FormSchema>;
  items?: FormSchema;
}

const SCALARS = ["string", "integer", "number", "boolean"];
const STRUCTURE = ["properties", "items", "additionalProperties"];
const TOP_WORDS = ["$schema", "$id", "x-ports", "x-samples", "x-main-port", "x-kind"];

export function formSchema(schema: JsonSchema): FormSchema {
  const kept = Object.entries(schema).filter(([word]) => !TOP_WORDS.includes(word));
  return simplified(Object.fromEntries(kept));
}

function simplified(schema: JsonSchema): FormSchema {
  const { default: fallback, anyOf, enum: values, ...rest } = schema;
  const plain: FormSchema = { ...rest };
  if (fallback !== undefined && fallback !== null) plain["x-default"] = fallback;
  if (values !== undefined) plain.enum = values.filter((each) => each !== null);
  if (rest.properties !== undefined) plain.properties = simplifiedEach(rest.properties);
  if (rest.$defs !== undefined) plain.$defs = simplifiedEach(rest.$defs);
  if (rest.items !== undefined) plain.items = simplified(rest.items);
  if (typeof rest.additionalProperties === "object") {
    plain.additionalProperties = simplified(rest.additionalProperties);
  }
  const branches = anyOf?.filter((branch) => branch.type !== "null").map(simplified) ?? [];
  if (branches.length === 1) return withKind({ ...branches[0], ...plain });
  if (branches.length > 1) {
    const isScalar = branches.every(
      ({ type }) => typeof type === "string" && SCALARS.includes(type),
    );
    const isText = branches.some(({ type }) => type === "string");
    if (!isScalar) return anything(plain);
    return { ...plain, type: isText && branches[0]?.type === "string" ? "string" : "number" };
  }
  return withKind(plain);
}

function simplifiedEach(schemas: Record<string, JsonSchema>): Record<string, FormSchema> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, each]) => [name, simplified(each)]),
  );
}

function withKind(schema: FormSchema): FormSchema {
  if (schema["x-widget"] === "json") return anything(schema);
  if (schema.type === "object" && schema.properties === undefined) {
    return typeof schema.additionalProperties === "object" ? schema : anything(schema);
  }
  const isKnown = "type" in schema || "$ref" in schema || "oneOf" in schema || "enum" in schema;
  if (!isKnown && schema.properties === undefined) return anything(schema);
  return schema;
}

function anything(schema: FormSchema): FormSchema {
  const words = Object.entries(schema).filter(([word]) => !STRUCTURE.includes(word));
  return { ...Object.fromEntries(words), type: "string", "x-any": true };
}

/** Whether a field is shown, by what the fields beside it have. */
export function isShown(
  field: FormSchema | undefined,
  values: Record<string, unknown>,
  fields: Record<string, FormSchema>,
): boolean {
  return Object.entries(field?.["x-when"] ?? {}).every(([name, wanted]) => {
    const value = values[name] ?? fields[name]?.["x-default"] ?? null;
    const isOpen = typeof value === "string" && value.includes("{{");
    return isOpen || wanted.some((each) => each === value);
  });
}

/** The names in a value for which a closed group has no field. */
export function leftOver(schema: FormSchema, value: unknown): string[] {
  if (schema.additionalProperties !== false || !isObject(value) || isLiteral(value)) return [];
  const fields = schema.properties ?? {};
  return Object.keys(value).filter(
    (name) => value[name] !== undefined && !Object.hasOwn(fields, name),
  );
}

function isLiteral(value: object): boolean {
  const [word, ...others] = Object.keys(value);
  return word === "$literal" && others.length === 0;
}

/** The value that a choice stands for: of its own kind, where the schema has numbers. */
export function choiceOf(schema: FormSchema, text: string): Json {
  const choices = schema.enum ?? [];
  return choices[choices.map(String).indexOf(text)] ?? text;
}

/** The headings of a form in their order; fields without one come first, under an empty one. */
export function groupsOf(
  names: string[],
  fields: Record<string, FormSchema>,
): [string, string[]][] {
  const groups = new Map<string, string[]>([["", []]]);
  for (const name of names) {
    const group = fields[name]?.["x-group"] ?? "";
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return [...groups].filter(([, entries]) => entries.length > 0);
}
