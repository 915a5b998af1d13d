/** The names of steps in the expressions of inputs. */

import type { Json } from "./document";

/** What a step is called from now on, by what it was called. */
export type Renaming = ReadonlyMap<string, string>;

const LITERAL = "$literal";
const QUOTED = /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/;
// An expression ends at the first }} that is not in quotes.
const EXPRESSION = /\{\{((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?!\}\})[\s\S])*)\}\}/g;
// A word that no dot precedes and no bracket follows is neither a field nor a function.
const WORD = /(?<![.\w])[A-Za-z]\w*(?!\w)(?!\s*\()/g;

export function renamedInJson(value: Json, names: Renaming): Json {
  if (typeof value === "string") return renamedInText(value, names);
  if (Array.isArray(value)) return value.map((each) => renamedInJson(each, names));
  if (value === null || typeof value !== "object") return value;
  if (LITERAL in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, renamedInJson(each, names)]),
  );
}

export function renamedInText(text: string, names: Renaming): string {
  return text.replace(EXPRESSION, (_, expression: string) => {
    const parts = expression.split(QUOTED);
    const changed = parts.map((part, at) =>
      at % 2 === 1 ? part : part.replace(WORD, (word) => names.get(word) ?? word),
    );
    return `{{${changed.join("")}}}`;
  });
}

/** The text with each expression as `show` has it. */
export function withExpressions(text: string, show: (expression: string) => string): string {
  return text.replace(EXPRESSION, (_, expression: string) => show(expression.trim()));
}
