/** The schema that a step's form is drawn from: its component's, or what its input makes of it. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";

import type { Component } from "../../flow/catalog";
import type { Input, Json } from "../../flow/document";
import type { JsonSchema } from "../../flow/schema";
import { api, take } from "../../shared/api/client";
import { isObject, isSame } from "../../shared/values";
import { isExpression } from "../expressions/tokens";

interface StepSchema {
  schema: JsonSchema;
  /** By which form a step is filled in with this input: null where that is yet to be made. */
  formFor: (input: Input, before: string | null) => string | null;
  error: unknown;
}

export function useStepSchema(
  component: Component,
  account: string | null,
  input: Input,
): StepSchema {
  const asked = component.schema["x-form"];
  const decidingIn = (given: Input) =>
    asked?.inputs.map((path) => picked(given, path.split("."))) ?? [];
  const deciding = decidingIn(input);
  const isDecided = deciding.some((value) => value !== undefined);
  // The rest of the input changes nothing.
  // eslint-disable-next-line @tanstack/query/exhaustive-deps
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ["form", component.name, account, deciding],
    queryFn: () => take(api.POST("/api/forms", { body: { type: component.name, account, input } })),
    enabled: asked !== undefined && isDecided,
    placeholderData: keepPreviousData,
  });
  const made = isDecided ? data : undefined;
  return {
    schema: (made?.schema as JsonSchema | undefined) ?? component.schema,
    formFor: (next, before) => {
      if (!isSame(decidingIn(next), deciding)) return null;
      return isPlaceholderData ? before : (made?.form ?? before);
    },
    error: isDecided ? error : null,
  };
}

/** What of an input decides: `cases[].name` is of each entry its `name`; expressions decide nothing. */
function picked(value: Json | undefined, [word, ...rest]: string[]): Json | undefined {
  if (word === undefined) return isExpression(value) ? undefined : value;
  if (!isObject(value)) return undefined;
  const name = word.replace("[]", "");
  const inner = (value as Record<string, Json>)[name];
  if (!word.endsWith("[]")) return picked(inner, rest);
  if (!Array.isArray(inner)) return undefined;
  return inner.map((each) => picked(each, rest) ?? null);
}
