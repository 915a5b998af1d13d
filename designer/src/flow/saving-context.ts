import { createContext, useContext } from "react";
import { useStore } from "zustand";

import type { Schemas } from "../shared/api/client";
import type { Saving, SavingState } from "./saving";

export const SavingContext = createContext<Saving | null>(null);

export function useSavingStore(): Saving {
  const saving = useContext(SavingContext);
  if (saving === null) throw new Error("There is no saving around this part.");
  return saving;
}

export function useSaving<Value>(choose: (state: SavingState) => Value): Value {
  return useStore(useSavingStore(), choose);
}

const sorted = new WeakMap<Schemas["Fault"][], ReadonlyMap<string, string>>();

/** What is wrong with a step, a line each; empty if nothing is. */
export function useFaultsOf(step: string): string {
  return useSaving(({ faults }) => byStep(faults).get(step) ?? "");
}

function byStep(faults: Schemas["Fault"][]): ReadonlyMap<string, string> {
  const known = sorted.get(faults);
  if (known !== undefined) return known;
  const texts = new Map<string, string>();
  for (const { path, text } of faults) {
    const [part, step] = path.split(".");
    if (part !== "components" || step === undefined) continue;
    const before = texts.get(step);
    texts.set(step, before === undefined ? text : `${before}\n${text}`);
  }
  sorted.set(faults, texts);
  return texts;
}
