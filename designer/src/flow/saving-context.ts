import { createContext, useContext } from "react";
import { useStore } from "zustand";

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
