/** Taking the eye and the keyboard to the place where something is done. */

import { asSoonAsDrawn } from "../../shared/patience";
import style from "./guide.module.css";

const SHOWN_MS = 2_000;

/** Focus what a selector finds, once it is there, and mark it for a moment. */
export function pointAt(selector: string): void {
  asSoonAsDrawn(() => {
    const place = document.querySelector<HTMLElement>(selector);
    if (place === null || place.offsetParent === null) return false;
    place.focus();
    place.scrollIntoView({ block: "nearest" });
    mark(place);
    return true;
  });
}

function mark(place: HTMLElement): void {
  const name = style["pointed"] ?? "";
  place.classList.add(name);
  window.setTimeout(() => place.classList.remove(name), SHOWN_MS);
}
