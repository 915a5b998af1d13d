/** What is typed over choices is a search among them or a value of its own. */

import type { Schemas } from "../../shared/api/client";

type Entry = Pick<Schemas["Entry"], "value" | "label" | "hint" | "badge">;

/** Words that stand in one of the choices search for it; the value of one, or other words, are meant. */
export function isSearch(typed: string, choices: readonly Entry[]): boolean {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 || choices.some(({ value }) => value === typed)) return false;
  return choices.some(({ value, label, hint, badge }) => {
    const said = `${label} ${value} ${hint} ${badge}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}
