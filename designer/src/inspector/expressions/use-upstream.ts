import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { useCatalog } from "../../flow/catalog";
import type { FlowDocument } from "../../flow/document";
import { useEditor, useEditorStore } from "../../flow/editor";
import { samples } from "../../shared/api/queries";
import { upstreamOf, type Upstream } from "./upstream";

const NOTHING = {};

/** What comes before a step; it is worked out anew only when links, types or samples change. */
export function useUpstream(name: string): Upstream {
  const editor = useEditorStore();
  const catalog = useCatalog();
  const text = useEditor((state) => shapeOf(state.document));
  const shape = useMemo(() => ({ editor, text }), [editor, text]);
  const { data } = useQuery(samples(editor.getState().flowId));
  const known = data ?? NOTHING;
  return useMemo(() => {
    const { document } = shape.editor.getState();
    return upstreamOf(document, name, catalog, known);
  }, [name, catalog, known, shape]);
}

/** All of a document that decides what is upstream, as one text. */
function shapeOf(document: FlowDocument): string {
  return JSON.stringify(
    Object.entries(document.components).map(([name, { type, label, source }]) => [
      name,
      type,
      label,
      source,
    ]),
  );
}
