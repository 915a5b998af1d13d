/** What can be done with the drawing, by button, key and palette. */

import { useReactFlow } from "@xyflow/react";
import { useMemo } from "react";

import { drawnDocument, writeNote } from "../flow/actions";
import { moveSteps } from "../flow/document";
import { useEditorStore } from "../flow/editor";
import { arrange, orderedLinks } from "./arranging";
import { STEP_WIDTH } from "./geometry";

const DURATION = 120;

export interface CanvasActions {
  fit: () => void;
  tidy: () => void;
  writeNote: () => void;
  /** Bring a step into view. */
  show: (name: string) => void;
  /** Search for a step after the one that is chosen, or for a first one. */
  beginAdding: () => void;
}

export function useCanvasActions(): CanvasActions {
  const editor = useEditorStore();
  const flow = useReactFlow();
  return useMemo(() => {
    const middle = () => {
      const box = document.querySelector(".react-flow")?.getBoundingClientRect();
      return box === undefined
        ? { x: 200, y: 200 }
        : { x: box.x + box.width / 2, y: box.y + box.height / 3 };
    };
    return {
      fit: () => void flow.fitView({ maxZoom: 1, padding: 0.15, duration: DURATION }),
      tidy: () => {
        const heights = Object.fromEntries(
          Object.keys(editor.getState().document.components).map((name) => [
            name,
            flow.getNode(name)?.height ?? 0,
          ]),
        );
        const links = orderedLinks(editor.getState().document, (name) =>
          (flow.getNode(name)?.handles ?? []).map(({ id }) => id ?? ""),
        );
        void arrange({ heights, width: STEP_WIDTH, links }).then((places) => {
          editor.getState().change((before) => moveSteps(before, places));
          requestAnimationFrame(
            () => void flow.fitView({ maxZoom: 1, padding: 0.15, duration: DURATION }),
          );
        });
      },
      writeNote: () => {
        const { x, y } = flow.screenToFlowPosition(middle());
        writeNote(editor, { x: Math.round(x), y: Math.round(y) });
      },
      show: (name) => {
        const at = drawnDocument(editor).components[name]?.position;
        const box = document.querySelector(".react-flow")?.getBoundingClientRect();
        if (!at || box === undefined) return;
        const zoom = Math.max(flow.getZoom(), 0.5);
        const seen = flow.flowToScreenPosition(at);
        const isSeen =
          seen.x >= box.left &&
          seen.y >= box.top &&
          seen.x + STEP_WIDTH * zoom <= box.right &&
          seen.y + 84 * zoom <= box.bottom;
        if (!isSeen) void flow.setCenter(at.x + STEP_WIDTH / 2, at.y + 42, { zoom });
      },
      beginAdding: () => {
        const { selected, beginAdding } = editor.getState();
        const [only, second] = selected;
        const card =
          only === undefined || second !== undefined
            ? null
            : document.querySelector(`[data-step="${CSS.escape(only)}"]`);
        const box = card?.getBoundingClientRect();
        const { x, y } = flow.screenToFlowPosition(middle());
        beginAdding({
          place:
            box === undefined ? { position: { x: Math.round(x - 320), y: Math.round(y) } } : {},
          at: box === undefined ? middle() : { x: box.right + 16, y: box.top },
        });
      },
    };
  }, [editor, flow]);
}
