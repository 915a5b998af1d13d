import type { Component } from "../flow/catalog";

/** Whether each word of a search is in what a component is called and described by. */
export function fits(component: Component, search: string): boolean {
  const texts = [component.label, component.description, component.group, ...component.keywords];
  const known = texts.join("\n").toLocaleLowerCase();
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => known.includes(word));
}
