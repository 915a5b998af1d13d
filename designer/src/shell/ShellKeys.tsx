/** The keys that count on every page, and what they open. */

import { lazy, Suspense } from "react";

import { openCommands, useRegistry } from "./commands/registry";
import { KeySheet, openSheet } from "./KeySheet";
import { useKeys } from "./keys";

const CommandPalette = lazy(() => import("./commands/CommandPalette"));

export function ShellKeys() {
  const isOpen = useRegistry((state) => state.isOpen);
  useKeys({
    palette: () => openCommands(),
    sheet: () => openSheet(),
    search: () => {
      // Where a page has a field to search with, that; elsewhere the search through everything.
      const field = [...document.querySelectorAll<HTMLElement>("[data-search]")].find(
        (each) => each.offsetParent !== null,
      );
      if (field === undefined) openCommands();
      else field.focus();
    },
  });
  return (
    <>
      {isOpen && (
        <Suspense>
          <CommandPalette />
        </Suspense>
      )}
      <KeySheet />
    </>
  );
}
