/** Every text of the page, by language; what a component is called comes from its connector. */

import i18next, { type TFunction } from "i18next";
import { initReactI18next } from "react-i18next";

import en from "./en";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;
const KEY = "appmixer.language";

/** A catalogue with the keys of the English one, which has all. */
export type Catalogue<Of = typeof en> = {
  readonly [Key in keyof Of]: Of[Key] extends string ? string : Catalogue<Of[Key]>;
};

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "shell";
    resources: typeof en;
  }
}

function preferred(): Language {
  const stored = localStorage.getItem(KEY);
  const wanted = [stored, ...navigator.languages];
  for (const each of wanted) {
    const found = each?.slice(0, 2);
    if (found === "en" || found === "de") return found;
  }
  return "en";
}

/** The language that the page speaks. */
export function language(): Language {
  return i18next.language === "de" ? "de" : "en";
}

/** An area's texts for what is drawn hundreds of times; `speak` loads the page anew. */
export function textsOf<Area extends keyof typeof en>(area: Area): TFunction<Area> {
  return i18next.getFixedT(null, area);
}

export async function startTexts(): Promise<void> {
  const first = preferred();
  await i18next.use(initReactI18next).init({
    lng: first,
    fallbackLng: "en",
    resources: { en, ...(first === "de" ? { de: await german() } : {}) },
    defaultNS: "shell",
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = first;
}

/** Speak another language from now on; the page is loaded anew, for the API's texts change too. */
export function speak(wanted: Language): void {
  localStorage.setItem(KEY, wanted);
  window.location.reload();
}

async function german(): Promise<Catalogue> {
  return (await import("./de")).default;
}
