/* The language of the page: every text stands in English where it is used, and in German beside it. */

import { GERMAN } from "./german.js";

const asked = new URLSearchParams(location.search).get("lang");
const wanted = ["de", "en"].includes(asked) ? asked : navigator.language;

export const language = /^de\b/i.test(wanted) ? "de" : "en";

/* The reader's own way to write times, where it is one of this language. */
export const locale = navigator.languages.find((one) => one.toLowerCase().startsWith(language)) ?? language;

/* A text in the reader's language, with values for what stands in braces. */
export function t(text, values = {}) {
  const said = language === "de" ? (GERMAN[text] ?? text) : text;
  return said.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/* What stands in the document itself: texts of elements with data-t, and all labels. */
export function translatePage() {
  document.documentElement.lang = language;
  document.title = t(document.title);
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = t(one.textContent);
  for (const one of document.querySelectorAll("[aria-label]")) one.setAttribute("aria-label", t(one.getAttribute("aria-label")));
}
