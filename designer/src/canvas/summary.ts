/** One line that says what a step will do. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { Component } from "../flow/catalog";
import type { Input, Json, Step } from "../flow/document";
import { withExpressions } from "../flow/references";
import { api, take } from "../shared/api/client";
import { accounts } from "../shared/api/queries";

const PAUSE_MS = 400;
const AT_ONCE = 4;

let busy = 0;
const queue: (() => void)[] = [];

/** A flow of hundreds of steps asks for a few of them at a time. */
async function inTurn<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  if (busy >= AT_ONCE) await new Promise<void>((go) => queue.push(go));
  busy += 1;
  try {
    return await ask();
  } finally {
    busy -= 1;
    queue.shift()?.();
  }
}

export function useSummary(step: Step, component: Component | undefined): string {
  const settled = useSettled(step);
  const { data: connected, isPending: isLoading } = useQuery(accounts);
  const isAsked = !isLoading && component?.kind === "action";
  const body = {
    type: settled.type,
    // An account that is gone is told elsewhere; the step's words do not depend on it.
    account: connected?.find(({ name }) => name === settled.account)?.name ?? null,
    input: settled.input ?? {},
    given: {},
  };
  const { data, isPending } = useQuery({
    queryKey: ["previews", body],
    queryFn: () => inTurn(() => take(api.POST("/api/previews", { body }))),
    enabled: isAsked,
    staleTime: Infinity,
    retry: false,
    placeholderData: (old) => old,
  });
  // What is about to come in its place is waited for.
  if (isAsked && isPending) return "";
  const preview = data?.preview;
  const told = preview?.summary ?? "";
  const isFixed = preview?.recipient !== undefined && !preview.recipient.includes("{{");
  return [
    isFixed ? preview.recipient : "",
    told === "" ? ofFields(step.input ?? {}, component) : told,
  ]
    .filter(Boolean)
    .map(shortened)
    .join(" · ");
}

/** The step as it was when it was last left alone for a moment. */
function useSettled(step: Step): Step {
  const [settled, setSettled] = useState(step);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(step), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [step]);
  return settled;
}

/** What a person reads of an expression: the word that it ends with. */
export function shortened(text: string): string {
  return withExpressions(text, (expression) =>
    /^[\w.]+$/.test(expression) ? `‹${expression.split(".").at(-1) ?? ""}›` : "‹…›",
  ).replace(/\s+/g, " ");
}

/** The first filled fields, those that are needed before the others. */
export function ofFields(input: Input, component: Component | undefined): string {
  const schema = component?.schema;
  const isSecret = (field: string) => schema?.properties?.[field]?.writeOnly === true;
  const filled = Object.keys(schema?.properties ?? input).filter(
    (field) => !isSecret(field) && textOf(input[field]) !== "",
  );
  const needed = new Set(schema?.required ?? []);
  const ordered = [
    ...filled.filter((field) => needed.has(field)),
    ...filled.filter((field) => !needed.has(field)),
  ];
  return ordered
    .slice(0, 2)
    .map((field) => {
      const value = input[field];
      const title = schema?.properties?.[field]?.title ?? field;
      return value === true ? title : textOf(value);
    })
    .join(" · ");
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null || value === false) return "";
  if (Array.isArray(value)) return value.map(textOf).filter(Boolean).slice(0, 3).join(", ");
  if (typeof value === "object") {
    if ("$literal" in value) return textOf(value["$literal"]);
    return Object.values(value).map(textOf).filter(Boolean).slice(0, 3).join(" ");
  }
  return String(value);
}
