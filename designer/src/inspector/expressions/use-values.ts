/** What the expressions of a step are with the values at hand: one question for all of them. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo } from "react";

import type { Input, Json } from "../../flow/document";
import { api, take, type Schemas } from "../../shared/api/client";
import { isObject } from "../../shared/values";
import { isExpression } from "./tokens";

export type Values = Readonly<Record<string, Schemas["ExpressionValue"]>>;

const NONE: Values = {};

export function useValues(input: Input, given: Record<string, Record<string, unknown>>): Values {
  const texts = useMemo(() => textsIn(input), [input]);
  const asked = useDeferredValue({ texts, given });
  const { data } = useQuery({
    queryKey: ["expressions", asked],
    queryFn: async () => (await take(api.POST("/api/expressions", { body: asked }))).values,
    enabled: Object.keys(asked.texts).length > 0,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  });
  return Object.keys(texts).length > 0 ? (data ?? NONE) : NONE;
}

/** Every text with an expression, by its path with dots. */
export function textsIn(value: Json, path: (string | number)[] = []): Record<string, string> {
  if (isExpression(value)) return { [path.join(".")]: value };
  if (Array.isArray(value)) {
    return Object.assign({}, ...value.map((each, at) => textsIn(each, [...path, at]))) as Record<
      string,
      string
    >;
  }
  if (!isObject(value) || "$literal" in value) return {};
  const inner = Object.entries(value as Record<string, Json>);
  return Object.assign({}, ...inner.map(([key, each]) => textsIn(each, [...path, key]))) as Record<
    string,
    string
  >;
}
