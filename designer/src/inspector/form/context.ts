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

type Path = readonly (string | number)[];

export function useFaults(path: Path): string[] {
  return useForm().faults.get(path.join(".")) ?? [];
}

/** What is wrong with a value, also further down in it. */
export function faultsWithin({ faults }: FormKnowledge, path: Path): string[] {
  const here = path.join(".");
  return [...faults].flatMap(([at, texts]) => (`${at}.`.startsWith(`${here}.`) ? texts : []));
}

/** The path of a field with dots: the engine writes the places in a list in brackets. */
export function dotted(path: string): string {
  return path.replaceAll(/\[(\d+)\]/g, ".$1");
}
