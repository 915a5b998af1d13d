/** The flow that is being edited, with undo as data: a change is a new document. */

import { createContext, useContext } from "react";
import { createStore, useStore, type StoreApi } from "zustand";

import type { Place } from "./adding";
import { settled, type FlowDocument, type Position } from "./document";

const MAX_UNDO = 200;

/** Where on the screen a search for a component stands, and where what is found goes. */
export interface Adding {
  place: Place;
  at: Position;
}

export interface EditorState {
  readonly flowId: string;
  document: FlowDocument;
  past: FlowDocument[];
  future: FlowDocument[];
  /** What consecutive changes of one kind share, such as typing into one field: one undo for all. */
  merging: string | null;
  selected: readonly string[];
  selectedNotes: readonly string[];
  selectedLink: string | null;
  /** Where steps are drawn that have no place yet; the next change writes it down. */
  places: Readonly<Record<string, Position>>;
  adding: Adding | null;
  /** The step that is to be brought into view. */
  revealing: string | null;
  /** Whether a step is being dragged just now. */
  isMoving: boolean;
  /** The step whose name is being typed on its card. */
  renaming: string | null;
  change: (edit: (document: FlowDocument) => FlowDocument, merge?: string) => void;
  undo: () => void;
  redo: () => void;
  select: (names: readonly string[], notes?: readonly string[]) => void;
  selectLink: (id: string | null) => void;
  place: (places: Readonly<Record<string, Position>>) => void;
  beginAdding: (adding: Adding | null) => void;
  beginRenaming: (name: string | null) => void;
  /** Choose a step and bring it into view. */
  reveal: (name: string) => void;
  /** Take a document from outside, such as a version or a file; it can be undone. */
  replace: (document: FlowDocument) => void;
  /** Begin anew, as when another tab's draft is taken: there is nothing to undo. */
  reset: (document: FlowDocument) => void;
}

export type Editor = StoreApi<EditorState>;

export function createEditor(flowId: string, document: FlowDocument): Editor {
  return createStore<EditorState>()((set, get) => ({
    flowId,
    document,
    past: [],
    future: [],
    merging: null,
    selected: [],
    selectedNotes: [],
    selectedLink: null,
    places: {},
    adding: null,
    revealing: null,
    isMoving: false,
    renaming: null,
    change: (edit, merge) => {
      const { document: before, past, merging, places } = get();
      const edited = edit(before);
      if (edited === before) return;
      const after = settled(edited, places);
      const isMerged = merge !== undefined && merge === merging && past.length > 0;
      set({
        past: isMerged ? past : [...past, before].slice(-MAX_UNDO),
        future: [],
        merging: merge ?? null,
        ...shown(get(), after),
      });
    },
    undo: () => {
      const { document: now, past, future } = get();
      const before = past.at(-1);
      if (before === undefined) return;
      set({
        past: past.slice(0, -1),
        future: [now, ...future],
        merging: null,
        ...shown(get(), before),
      });
    },
    redo: () => {
      const { document: now, past, future } = get();
      const [after, ...rest] = future;
      if (after === undefined) return;
      set({ past: [...past, now], future: rest, merging: null, ...shown(get(), after) });
    },
    select: (selected, selectedNotes = []) =>
      set({ selected, selectedNotes, selectedLink: null, merging: null }),
    selectLink: (selectedLink) =>
      set(
        selectedLink === null
          ? { selectedLink }
          : { selectedLink, selected: [], selectedNotes: [], merging: null },
      ),
    place: (places) => set({ places: { ...get().places, ...places } }),
    beginAdding: (adding) => set({ adding }),
    beginRenaming: (renaming) => set({ renaming }),
    reveal: (name) => {
      get().select([name]);
      set({ revealing: name });
    },
    replace: (after) => get().change(() => after),
    reset: (after) => set({ past: [], future: [], merging: null, ...shown(get(), after) }),
  }));
}

function shown(
  { selected, selectedNotes }: EditorState,
  document: FlowDocument,
): Pick<EditorState, "document" | "selected" | "selectedNotes"> {
  return {
    document,
    selected: kept(selected, document.components),
    selectedNotes: kept(selectedNotes, document.notes ?? {}),
  };
}

function kept(selected: readonly string[], of: Readonly<Record<string, unknown>>) {
  const isThere = (name: string) => Object.hasOwn(of, name);
  return selected.every(isThere) ? selected : selected.filter(isThere);
}

export const EditorContext = createContext<Editor | null>(null);

export function useEditorStore(): Editor {
  const editor = useContext(EditorContext);
  if (editor === null) throw new Error("There is no editor around this part.");
  return editor;
}

export function useEditor<Value>(choose: (state: EditorState) => Value): Value {
  return useStore(useEditorStore(), choose);
}
