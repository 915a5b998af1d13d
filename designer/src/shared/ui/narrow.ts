/** Whether there is room for one thing at a time only, as on a phone. */

import { useSyncExternalStore } from "react";

const NARROW = window.matchMedia("(max-width: 720px)");

function watch(watcher: () => void): () => void {
  NARROW.addEventListener("change", watcher);
  return () => NARROW.removeEventListener("change", watcher);
}

export function useNarrow(): boolean {
  return useSyncExternalStore(watch, () => NARROW.matches);
}
