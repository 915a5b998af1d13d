/** What is dragged from the palette onto the canvas: into a link, behind a port, or on free ground. */

import { useReactFlow } from "@xyflow/react";
import { useCallback, useState, type DragEvent } from "react";

import { useAddStep } from "../flow/adding";
import { useCatalog } from "../flow/catalog";
import { linkId } from "../flow/document";
import { useEditorStore } from "../flow/editor";
import { DRAGGED } from "../palette/dragging";
import { placeUnder } from "./connecting";
import { openInspector } from "./focus";
import { droppedAt, STEP_WIDTH } from "./geometry";

export function useDropping() {
  const editor = useEditorStore();
  const catalog = useCatalog();
  const add = useAddStep();
  const { screenToFlowPosition } = useReactFlow();
  const [over, setOver] = useState<string | null>(null);

  const onDragOver = useCallback(
    (event: DragEvent) => {
      event.preventDefault();
      const { link } = placeUnder(event.target, editor.getState().document);
      setOver(link === undefined ? null : linkId(link));
    },
    [editor],
  );
  const onDragLeave = useCallback(() => setOver(null), []);
  const onDrop = useCallback(
    (event: DragEvent) => {
      event.preventDefault();
      setOver(null);
      const component = catalog.components.get(event.dataTransfer.getData(DRAGGED));
      if (component === undefined) return;
      const drop = screenToFlowPosition({ x: event.clientX, y: event.clientY });
      const place = placeUnder(event.target, editor.getState().document);
      const isFree = place.link === undefined && place.after === undefined;
      const position = droppedAt(drop, STEP_WIDTH / 2);
      openInspector(add(component, isFree ? { after: null, position } : place));
    },
    [add, catalog, editor, screenToFlowPosition],
  );
  return { over, onDragOver, onDragLeave, onDrop };
}
