/* The page around this one: it is told whose phone is shown, and that a message came. */

import { on, openPhones } from "./store.js";

export function tellParent() {
  if (window.parent === window) return;
  let shown = null;
  on("row", () => {
    const [waId] = openPhones();
    if (waId === shown) return;
    shown = waId;
    tell("person", waId);
  });
  on("arrived", (people) => people.forEach((waId) => tell("message", waId)));
}

// Any origin will do: the policy of this page lets only pages of this machine be around it.
const tell = (type, waId) => window.parent.postMessage({ type, waId }, "*");
