/** The flow that is being edited, with undo as data: a change is a new document. */

import { createContext, useContext } from "react";
import { createStore, useStore, type StoreApi } from "zustand";

import type { FlowDocument } from "./document";

const MAX_UNDO = 200;

export interface EditorState {
  readonly flowId: string;
  document: FlowDocument;
  past: FlowDocument[];
  future: FlowDocument[];
  /** What consecutive changes of one kind share, such as typing into one field: one undo for all. */
  merging: string | null;
  selected: readonly string[];
  change: (edit: (document: FlowDocument) => FlowDocument, merge?: string) => void;
  undo: () => void;
  redo: () => void;
  select: (names: readonly string[]) => void;
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
    change: (edit, merge) => {
      const { document: before, past, merging } = get();
      const after = edit(before);
      if (after === before) return;
      const isMerged = merge !== undefined && merge === merging && past.length > 0;
      set({
        document: after,
        past: isMerged ? past : [...past, before].slice(-MAX_UNDO),
        future: [],
        merging: merge ?? null,
        selected: kept(get().selected, after),
      });
    },
    undo: () => {
      const { document: now, past, future } = get();
      const before = past.at(-1);
      if (before === undefined) return;
      set({
        document: before,
        past: past.slice(0, -1),
        future: [now, ...future],
        merging: null,
        selected: kept(get().selected, before),
      });
    },
    redo: () => {
      const { document: now, past, future } = get();
      const [after, ...rest] = future;
      if (after === undefined) return;
      set({
        document: after,
        past: [...past, now],
        future: rest,
        merging: null,
        selected: kept(get().selected, after),
      });
    },
    select: (selected) => set({ selected, merging: null }),
    replace: (after) => get().change(() => after),
    reset: (after) =>
      set({
        document: after,
        past: [],
        future: [],
        merging: null,
        selected: kept(get().selected, after),
      }),
  }));
}

function kept(selected: readonly string[], document: FlowDocument): readonly string[] {
  return selected.every((name) => name in document.components)
    ? selected
    : selected.filter((name) => name in document.components);
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
