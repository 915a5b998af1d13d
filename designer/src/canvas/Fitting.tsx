import { useReactFlow, useStore } from "@xyflow/react";
import { useEffect, useRef } from "react";

import { useEditor, useEditorStore } from "../flow/editor";
import { useCanvasActions } from "./useCanvasActions";

/** A flow of more steps than that is shown from its beginning, large enough to be read. */
const SHOWN_WHOLE = 40;
const TOUCHES = ["pointerdown", "wheel", "keydown"] as const;

/** Keeps the flow fitted into its panel until somebody has touched the page. */
export function Fitting() {
  const { fitView, getNodes } = useReactFlow();
  const isTouched = useRef(false);
  const size = useStore(({ width, height }) => `${width} ${height}`);
  const count = useStore(({ nodes }) => nodes.length);
  useEffect(() => {
    const touch = () => {
      isTouched.current = true;
    };
    TOUCHES.forEach((type) => window.addEventListener(type, touch, { once: true }));
    return () => TOUCHES.forEach((type) => window.removeEventListener(type, touch));
  }, []);
  useEffect(() => {
    if (isTouched.current || count === 0) return;
    const isLarge = count > SHOWN_WHOLE;
    void fitView({
      maxZoom: 1,
      padding: 0.15,
      ...(isLarge ? { nodes: getNodes().slice(0, 6), minZoom: 0.6 } : {}),
    });
  }, [count, fitView, getNodes, size]);
  const editor = useEditorStore();
  const revealing = useEditor((state) => state.revealing);
  const { show } = useCanvasActions();
  useEffect(() => {
    if (revealing === null) return;
    editor.setState({ revealing: null });
    // The panel of the form may take its room first.
    requestAnimationFrame(() => show(revealing));
  }, [editor, revealing, show]);
  return null;
}
