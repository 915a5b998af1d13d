/** The flow as a tree: what begins it on top, below each step those that follow it. */

import { linksOf, type FlowDocument } from "../flow/document";

export interface Row {
  /** The way to it, which is its own in the tree. */
  id: string;
  name: string;
  /** At which of the earlier step's ports it follows. */
  port: string | null;
  level: number;
  parent: string | null;
  children: number;
  /** It stands, with what follows it, where it was first. */
  isAgain: boolean;
  position: number;
  siblings: number;
}

export function rowsOf(document: FlowDocument, closed: ReadonlySet<string>): Row[] {
  const following = new Map<string, { name: string; port: string }[]>();
  const led = new Set<string>();
  for (const { from, port, to } of linksOf(document)) {
    if (!Object.hasOwn(document.components, from)) continue;
    led.add(to);
    following.set(from, [...(following.get(from) ?? []), { name: to, port }]);
  }
  const rows: Row[] = [];
  const seen = new Set<string>();
  const names = Object.keys(document.components);
  const walk = (
    siblings: readonly { name: string; port: string | null }[],
    level: number,
    parent: string | null,
  ) => {
    siblings.forEach(({ name, port }, at) => {
      const id = parent === null ? name : `${parent}/${port ?? ""}.${name}`;
      const isAgain = seen.has(name);
      seen.add(name);
      const next = isAgain ? [] : (following.get(name) ?? []);
      rows.push({
        id,
        name,
        port,
        level,
        parent,
        children: next.length,
        isAgain,
        position: at + 1,
        siblings: siblings.length,
      });
      if (!closed.has(id)) walk(next, level + 1, id);
      else hide(next);
    });
  };
  const hide = (next: readonly { name: string }[]) => {
    for (const { name } of next) {
      if (seen.has(name)) continue;
      seen.add(name);
      hide(following.get(name) ?? []);
    }
  };
  walk(
    names.filter((name) => !led.has(name)).map((name) => ({ name, port: null })),
    1,
    null,
  );
  // A circle has no beginning; whoever has written one still sees it.
  for (const name of names) if (!seen.has(name)) walk([{ name, port: null }], 1, null);
  return rows;
}
