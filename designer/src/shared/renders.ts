/** How often a part was drawn: counted only where somebody who measures has laid out a map. */

declare global {
  interface Window {
    countedRenders?: Map<string, number>;
  }
}

export function countRender(part: string): void {
  const counted = window.countedRenders;
  counted?.set(part, (counted.get(part) ?? 0) + 1);
}
