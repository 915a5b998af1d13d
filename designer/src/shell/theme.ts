/** Light, dark, or as the system has it. */

import { useSyncExternalStore } from "react";

const KEY = "appmixer.theme";
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set<() => void>();

export function theme(): Theme {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((each) => each === stored) ?? "system";
}

export function chooseTheme(wanted: Theme): void {
  localStorage.setItem(KEY, wanted);
  applyTheme();
}

export function applyTheme(): void {
  document.documentElement.dataset["theme"] = theme();
  watchers.forEach((watcher) => watcher());
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  DARK.addEventListener("change", watcher);
  return () => {
    watchers.delete(watcher);
    DARK.removeEventListener("change", watcher);
  };
}

/** What is seen: `light` or `dark`. */
export function useTheme(): "light" | "dark" {
  return useSyncExternalStore(watch, () => {
    const wanted = theme();
    if (wanted !== "system") return wanted;
    return DARK.matches ? "dark" : "light";
  });
}
