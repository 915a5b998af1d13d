/** What people do to the flow as a whole, by key, menu or palette. */

import { copied, documentIn, paste } from "./clipboard";
import {
  addNote,
  disconnect,
  linkId,
  linksOf,
  moveNotes,
  moveSteps,
  removeNotes,
  removeSteps,
  settled,
  changeStep,
  without,
  type FlowDocument,
  type Position,
} from "./document";
import type { Editor } from "./editor";

const PASTE_STEP = 40;

/** The document with a place for everything that is drawn. */
export function drawnDocument(editor: Editor): FlowDocument {
  const { document, places } = editor.getState();
  return settled(document, places);
}

export function removeSelected(editor: Editor): void {
  const { selected, selectedNotes, selectedLink, change, selectLink } = editor.getState();
  change((before) => {
    const link = linksOf(before).find((each) => linkId(each) === selectedLink);
    const cut = link === undefined ? before : disconnect(before, link);
    return removeNotes(selected.length === 0 ? cut : removeSteps(cut, selected), selectedNotes);
  });
  selectLink(null);
}

export function selectAll(editor: Editor): void {
  const { document, select } = editor.getState();
  select(Object.keys(document.components), Object.keys(document.notes ?? {}));
}

/** What is chosen, as text for the clipboard; null if nothing is. */
export function selectedText(editor: Editor): string | null {
  const { selected, selectedNotes } = editor.getState();
  if (selected.length + selectedNotes.length === 0) return null;
  return JSON.stringify(copied(drawnDocument(editor), selected, selectedNotes), null, 2);
}

/** Paste a text that is a flow or a part of one; false if it is none. */
export function pasteText(editor: Editor, text: string): boolean {
  const from = documentIn(text);
  if (from === null) return false;
  pasteDocument(editor, from);
  return true;
}

export function duplicateSelected(editor: Editor): void {
  const { selected, selectedNotes } = editor.getState();
  if (selected.length + selectedNotes.length === 0) return;
  pasteDocument(editor, copied(drawnDocument(editor), selected, selectedNotes));
}

function pasteDocument(editor: Editor, from: FlowDocument): void {
  const { change, select, places } = editor.getState();
  let chosen: [string[], string[]] = [[], []];
  change((raw) => {
    const into = settled(raw, places);
    const pasted = paste(into, from, awayFrom(into, from));
    chosen = [pasted.steps, pasted.notes];
    return pasted.document;
  });
  select(...chosen);
}

/** How far to move what is pasted so that nothing lies exactly on what is there. */
function awayFrom(into: FlowDocument, from: FlowDocument): Position {
  const placesOf = ({ components, notes }: FlowDocument) =>
    [...Object.values(components), ...Object.values(notes ?? {})].flatMap(
      ({ position }) => position ?? [],
    );
  const taken = new Set(placesOf(into).map(({ x, y }) => `${x},${y}`));
  let by = 0;
  while (placesOf(from).some(({ x, y }) => taken.has(`${x + by},${y + by}`))) by += PASTE_STEP;
  return { x: by, y: by };
}

export function moveSelected(editor: Editor, by: Position): void {
  const { selected, selectedNotes, change, places } = editor.getState();
  const shifted = (names: readonly string[], of: Record<string, { position?: Position | null }>) =>
    Object.fromEntries(
      names.flatMap((name): [string, Position][] => {
        const at = of[name]?.position;
        return at ? [[name, { x: at.x + by.x, y: at.y + by.y }]] : [];
      }),
    );
  change((raw) => {
    const before = settled(raw, places);
    const moved = moveSteps(before, shifted(selected, before.components));
    return moveNotes(moved, shifted(selectedNotes, before.notes ?? {}));
  }, "move");
}

/** Draw what is chosen small, or as it was if all of it is small already. */
export function foldSelected(editor: Editor): void {
  const { selected, change, document } = editor.getState();
  const isFolding = selected.some((name) => document.components[name]?.folded !== true);
  change((before) =>
    selected.reduce(
      (folded, name) =>
        changeStep(folded, name, (step) =>
          isFolding ? { ...step, folded: true } : without(step, "folded"),
        ),
      before,
    ),
  );
}

export function writeNote(editor: Editor, position: Position): void {
  const { document, change, select, beginRenaming } = editor.getState();
  const [after, key] = addNote(document, { text: "", position });
  select([], [key]);
  // What is written into it first belongs to the same change.
  change(() => after, `note:${key}`);
  beginRenaming(`note:${key}`);
}
