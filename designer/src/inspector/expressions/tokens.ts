/** What stands in a text between `{{` and `}}`. */

const EXPRESSION = /\{\{([\s\S]*?)\}\}/g;

export interface Token {
  from: number;
  to: number;
  source: string;
}

export function tokensOf(text: string): Token[] {
  return [...text.matchAll(EXPRESSION)].map((found) => ({
    from: found.index,
    to: found.index + found[0].length,
    source: (found[1] ?? "").trim(),
  }));
}

export function isExpression(value: unknown): value is string {
  return typeof value === "string" && value.includes("{{");
}

export function asExpression(path: string): string {
  return `{{ ${path} }}`;
}

/** How an expression is called on its chip: the words for its value, or itself. */
export function wordsFor(source: string, titles: ReadonlyMap<string, string>): string {
  return titles.get(source) ?? titles.get(source.replaceAll(/\[\d+\]/g, "[0]")) ?? source;
}
