/** Light, dark, or as the system has it. */

const KEY = "appmixer.theme";
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

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
}
