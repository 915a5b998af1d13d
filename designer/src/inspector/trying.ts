import type { Component } from "../flow/catalog";
import type { Input } from "../flow/document";
import { api, ApiError, take, type Schemas } from "../shared/api/client";
import { dotted } from "./form/context";

export type Tried = Schemas["ComponentTestResult"];

/** What a test has refused of an input, by the field's path with dots. */
export interface Refused {
  input: Input;
  faults: ReadonlyMap<string, string[]>;
}

/** Have a component do its work once; in a dry run it only tells what it would ask. */
export function tryOnce(
  component: Component,
  body: Pick<Schemas["ComponentTest"], "account" | "input" | "given" | "dryRun">,
) {
  return take(
    api.POST("/api/components/{type}/test", {
      params: { path: { type: component.name } },
      body,
    }),
  );
}

/** What is wrong at which fields, as a test's answer or its refusal says. */
export function refusedOf(tried: Tried | undefined, refusal: unknown): Refused["faults"] {
  const found = new Map<string, string[]>();
  const add = (path: string, text: string) => {
    const field = dotted(path);
    if (field !== "") found.set(field, [...(found.get(field) ?? []), text]);
  };
  const faults = refusal instanceof ApiError ? refusal.faults : [];
  for (const { path, text } of faults) add(/^input\.(.*)$/.exec(path)?.[1] ?? "", text);
  const error = tried !== undefined && "error" in tried ? tried.error : null;
  if (error !== null) add(error.field, error.cause || error.title);
  return found;
}
