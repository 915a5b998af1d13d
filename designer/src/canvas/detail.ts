/** How much of the steps is drawn: not what could not be read, and of many only a few at a time. */

import { createContext, useEffect, useState } from "react";

/**
 * From far away a card has its name alone. A large flow is then an overview, in which steps are
 * moved and chosen, and links are one drawing that nothing can be done with.
 */
export type Detail = "whole" | "name" | "overview";

export const DetailContext = createContext<Detail>("whole");

const NAME_BELOW = 0.4;
const LARGE = 60;

export function detailAt(zoom: number, steps: number): Detail {
  if (zoom >= NAME_BELOW) return "whole";
  return steps > LARGE ? "overview" : "name";
}

const AT_ONCE = 12;
const IN_A_FRAME = 6;

let left = AT_ONCE;
let frame: number | null = null;
const waiting = new Set<() => void>();

/** Whether a card may be drawn whole: at once where few are, and else in one of the next frames. */
export function useTurn(isWanted: boolean): boolean {
  const [hasTurn, setTurn] = useState(() => isWanted && takeAtOnce());
  if (hasTurn && !isWanted) setTurn(false);
  useEffect(() => {
    if (hasTurn || !isWanted) return;
    const take = () => setTurn(true);
    waiting.add(take);
    goOn();
    return () => void waiting.delete(take);
  }, [hasTurn, isWanted]);
  return hasTurn && isWanted;
}

function takeAtOnce(): boolean {
  goOn();
  left -= 1;
  return left >= 0;
}

function goOn(): void {
  frame ??= requestAnimationFrame(() => {
    frame = null;
    const next = [...waiting].slice(0, IN_A_FRAME);
    for (const take of next) {
      waiting.delete(take);
      take();
    }
    left = AT_ONCE;
    if (waiting.size > 0) goOn();
  });
}
