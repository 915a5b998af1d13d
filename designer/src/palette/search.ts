import type { Component } from "../flow/catalog";

/** Those with each word of a search in what they are called and described by; best first. */
export function found(components: readonly Component[], search: string): Component[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...components];
  return components
    .map((each) => ({ each, rank: rankOf(each, words) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank)
    .map(({ each }) => each);
}

/** Zero where a word is missing; more where words begin the label, or are in it. */
function rankOf({ label, description, group, keywords }: Component, words: string[]): number {
  const name = label.toLocaleLowerCase();
  const further = [group, ...keywords].join("\n").toLocaleLowerCase();
  const told = description.toLocaleLowerCase();
  let sum = 0;
  for (const word of words) {
    const rank = name.startsWith(word)
      ? 8
      : name.split(/\s+/).some((each) => each.startsWith(word))
        ? 6
        : name.includes(word)
          ? 4
          : further.includes(word)
            ? 2
            : told.includes(word)
              ? 1
              : 0;
    if (rank === 0) return 0;
    sum += rank;
  }
  return sum;
}
