/** Drawing links by hand: what fits lights up, what does not is refused with a word. */

import {
  useReactFlow,
  type Connection,
  type Edge,
  type FinalConnectionState,
  type OnConnectStartParams,
} from "@xyflow/react";
import { useCallback, useRef, useState } from "react";

import type { Place } from "../flow/adding";
import { useCatalog } from "../flow/catalog";
import { connect, disconnect } from "../flow/document";
import { useEditorStore } from "../flow/editor";
import { fitting, linkOf, refusalOf, type Refusal } from "./connecting";
import { droppedAt, STEP_WIDTH } from "./geometry";

/** What is the same from one drawing to the next, or every link would be drawn again with it. */
export function useLinking() {
  const editor = useEditorStore();
  const catalog = useCatalog();
  const { screenToFlowPosition } = useReactFlow();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [fits, setFits] = useState<ReadonlySet<string> | null>(null);
  const isReconnecting = useRef(false);
  const forgive = useCallback(() => setRefusal(null), []);

  const onConnectStart = useCallback(
    (_: unknown, { nodeId, handleType }: OnConnectStartParams) => {
      setRefusal(null);
      if (nodeId === null || handleType === null) return;
      setFits(fitting(editor.getState().document, catalog, nodeId, handleType));
    },
    [catalog, editor],
  );

  const onConnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, made: FinalConnectionState) => {
      setFits(null);
      const { fromNode, fromHandle, toNode, isValid } = made;
      if (fromNode === null || isValid === true) return;
      const isForward = fromHandle.type === "source";
      if (toNode !== null) {
        const [from, to] = isForward ? [fromNode.id, toNode.id] : [toNode.id, fromNode.id];
        setRefusal(refusalOf(editor.getState().document, catalog, { from, to }));
        return;
      }
      if (isReconnecting.current) return;
      const pointer = "changedTouches" in event ? event.changedTouches[0] : event;
      if (pointer === undefined) return;
      const { clientX: x, clientY: y } = pointer;
      const drop = screenToFlowPosition({ x, y });
      const place: Place = isForward
        ? { after: { step: fromNode.id, port: fromHandle.id ?? "" }, position: droppedAt(drop, 0) }
        : { before: fromNode.id, after: null, position: droppedAt(drop, STEP_WIDTH) };
      editor.getState().beginAdding({ place, at: { x, y } });
    },
    [catalog, editor, screenToFlowPosition],
  );

  const onConnect = useCallback(
    (made: Connection) => editor.getState().change((before) => connect(before, linkOf(made))),
    [editor],
  );
  const onReconnectStart = useCallback(() => {
    isReconnecting.current = true;
  }, []);
  const onReconnect = useCallback(
    (edge: Edge, made: Connection) =>
      editor.getState().change((before) => connect(disconnect(before, linkOf(edge)), linkOf(made))),
    [editor],
  );
  const onReconnectEnd = useCallback(
    (_: unknown, edge: Edge, __: unknown, made: FinalConnectionState) => {
      isReconnecting.current = false;
      setFits(null);
      if (made.toNode !== null) return;
      editor.getState().change((before) => disconnect(before, linkOf(edge)));
    },
    [editor],
  );
  const isValidConnection = useCallback(
    (made: { source: string; target: string }) =>
      refusalOf(editor.getState().document, catalog, { from: made.source, to: made.target }) ===
      null,
    [catalog, editor],
  );
  return {
    fits,
    refusal,
    forgive,
    onConnectStart,
    onConnectEnd,
    onConnect,
    onReconnectStart,
    onReconnect,
    onReconnectEnd,
    isValidConnection,
  };
}
