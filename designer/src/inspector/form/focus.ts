/** Where the keyboard goes when entries of a list come and go. */

import { asSoonAsDrawn } from "../../shared/patience";

const FIELDS = "input, textarea, select, button[role=switch], [contenteditable=true]";
const REMOVES = ":scope > [data-removes], :scope > div > [data-removes]";

/** From the button that removes an entry to that of the next, of the one before, or to the list's. */
export function stayNear(button: HTMLElement): void {
  const gone = button.closest("[data-entry]");
  const place =
    gone?.nextElementSibling?.querySelector<HTMLElement>(REMOVES) ??
    gone?.previousElementSibling?.querySelector<HTMLElement>(REMOVES) ??
    gone?.parentElement?.querySelector<HTMLElement>(":scope > [data-adds]") ??
    gone?.parentElement?.closest<HTMLElement>("[tabindex]");
  place?.focus({ preventScroll: true });
}

/** From the button that adds an entry to the first field of the one that comes. */
export function enterNew(button: HTMLElement): void {
  const list = button.parentElement;
  const entries = () => [...(list?.children ?? [])].filter((each) => each.matches("[data-entry]"));
  const before = entries();
  asSoonAsDrawn(() => {
    const added = entries().find((each) => !before.includes(each));
    added?.querySelector<HTMLElement>(FIELDS)?.focus();
    return added !== undefined;
  });
}
