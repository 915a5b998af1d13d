/** What the fields of a form know beside their own value. */

import { createContext, useContext } from "react";

import type { Component } from "../../flow/catalog";
import type { Input } from "../../flow/document";
import type { Upstream } from "../expressions/upstream";
import type { Values } from "../expressions/use-values";

export interface FormKnowledge {
  /** The step's name. */
  step: string;
  /** No flow is around it, so that no earlier step gives a value. */
  isAlone?: boolean;
  component: Component;
  account: string | null;
  input: Input;
  upstream: Upstream;
  /** What its expressions are with these values, by the field's path with dots. */
  values: Values;
  /** What is wrong, by the field's path with dots. */
  faults: ReadonlyMap<string, string[]>;
}

export const FormContext = createContext<FormKnowledge | null>(null);

export function useForm(): FormKnowledge {
  const known = useContext(FormContext);
  if (known === null) throw new Error("There is no form around this field.");
  return known;
}

export function useFaults(path: readonly (string | number)[]): string[] {
  return useForm().faults.get(path.join(".")) ?? [];
}
