/** The flow as a drawing. Steps draw themselves from the store, so that only what changes is drawn. */

import "@xyflow/react/dist/base.css";

import {
  applyNodeChanges,
  Background,
  ReactFlow,
  ReactFlowProvider,
  Panel,
  useReactFlow,
  type EdgeChange,
  type FinalConnectionState,
  type NodeChange,
  type OnConnectStartParams,
} from "@xyflow/react";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";

import { useAddStep, type Place } from "../flow/adding";
import { useCatalog } from "../flow/catalog";
import { connect, disconnect, moveNotes, moveSteps } from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { palette } from "../shared/api/queries";
import { DRAGGED } from "../palette/dragging";
import { classes } from "../shared/ui/Button";
import { Empty } from "../shared/ui/Page";
import { arrange, besideKnown, orderedLinks } from "./arranging";
import style from "./canvas.module.css";
import { fitting, linkOf, placeUnder, refusalOf, type Refusal } from "./connecting";
import { openInspector } from "./focus";
import { STEP_WIDTH } from "./geometry";
import { LinkEdge, type LinkEdgeType } from "./LinkEdge";
import { useLooks } from "./looks";
import { nodesOf, useEdges, type CanvasNode, type Shown } from "./nodes";
import { NoteNode, noteOf } from "./NoteNode";
import { StepNode } from "./StepNode";
import { Fitting } from "./Fitting";
import { Tools } from "./Tools";
import { useCanvasKeys } from "./useCanvasKeys";

const NODE_TYPES = { step: StepNode, note: NoteNode };
const EDGE_TYPES = { link: LinkEdge };

export function Canvas() {
  return (
    <ReactFlowProvider>
      <Drawing />
    </ReactFlowProvider>
  );
}

function Drawing() {
  const { t } = useTranslation("canvas");
  const editor = useEditorStore();
  const catalog = useCatalog();
  const add = useAddStep();
  const { screenToFlowPosition } = useReactFlow();
  const document = useEditor((state) => state.document);
  const selected = useEditor((state) => state.selected);
  const selectedNotes = useEditor((state) => state.selectedNotes);
  const selectedLink = useEditor((state) => state.selectedLink);
  const places = useEditor((state) => state.places);
  const { isPending: isLoading } = useQuery(palette());
  const looks = useLooks(document);
  const edges = useEdges(document, selectedLink);
  const [nodes, setNodes] = useState<CanvasNode[]>([]);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [fits, setFits] = useState<ReadonlySet<string> | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const isReconnecting = useRef(false);
  const onKeyDown = useCanvasKeys();

  const shown = useMemo(
    () => ({ document, places, looks, selected, selectedNotes }),
    [document, places, looks, selected, selectedNotes],
  );
  const [taken, setTaken] = useState<Shown | null>(null);
  if (taken !== shown) {
    setTaken(shown);
    setNodes(nodesOf(shown, nodes));
  }

  const lost = Object.entries(document.components).some(
    ([name, step]) => !step.position && !(name in places),
  );
  useEffect(() => {
    // Ports, and with them heights, are known when the components are.
    if (!lost || isLoading) return;
    let isWanted = true;
    const now = editor.getState().document;
    void arrange({
      heights: Object.fromEntries([...looks].map(([name, { height }]) => [name, height])),
      width: STEP_WIDTH,
      links: orderedLinks(now, (name) => looks.get(name)?.ports.map((port) => port.name) ?? []),
    }).then((all) => {
      if (!isWanted) return;
      const known = Object.entries(now.components).flatMap(([name, step]) => {
        const at = step.position ?? editor.getState().places[name];
        return at ? [[name, at] as const] : [];
      });
      editor.getState().place(besideKnown(all, Object.fromEntries(known)));
    });
    return () => {
      isWanted = false;
    };
  }, [editor, isLoading, looks, lost]);

  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      setNodes((before) => applyNodeChanges(changes, before));
      const choices = changes.filter((change) => change.type === "select");
      if (choices.length === 0) return;
      const state = editor.getState();
      const steps = new Set(state.selected);
      const notes = new Set(state.selectedNotes);
      for (const { id, selected: isChosen } of choices) {
        const key = noteOf(id);
        const [set, name] = key === null ? [steps, id] : [notes, key];
        if (isChosen) set.add(name);
        else set.delete(name);
      }
      if (!isSame(steps, state.selected) || !isSame(notes, state.selectedNotes)) {
        state.select([...steps], [...notes]);
      }
    },
    [editor],
  );

  const onEdgesChange = useCallback(
    (changes: EdgeChange<LinkEdgeType>[]) => {
      for (const change of changes) {
        if (change.type !== "select") continue;
        const { selectedLink: now, selectLink } = editor.getState();
        if (change.selected) selectLink(change.id);
        else if (now === change.id) selectLink(null);
      }
    },
    [editor],
  );

  const onNodeDragStop = useCallback(
    (_: unknown, __: unknown, moved: CanvasNode[]) => {
      const at = (node: CanvasNode) => ({
        x: Math.round(node.position.x),
        y: Math.round(node.position.y),
      });
      const steps = moved.filter(({ id }) => noteOf(id) === null);
      const notes = moved.filter(({ id }) => noteOf(id) !== null);
      editor
        .getState()
        .change((before) =>
          moveNotes(
            moveSteps(before, Object.fromEntries(steps.map((node) => [node.id, at(node)]))),
            Object.fromEntries(notes.map((node) => [noteOf(node.id) ?? "", at(node)])),
          ),
        );
    },
    [editor],
  );

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
        ? { after: { step: fromNode.id, port: fromHandle.id ?? "" }, position: at(drop, 0) }
        : { before: fromNode.id, after: null, position: at(drop, STEP_WIDTH) };
      editor.getState().beginAdding({ place, at: { x, y } });
    },
    [catalog, editor, screenToFlowPosition],
  );

  const isValidConnection = useCallback(
    (made: { source: string; target: string }) =>
      refusalOf(editor.getState().document, catalog, { from: made.source, to: made.target }) ===
      null,
    [catalog, editor],
  );

  const onDragOver = useCallback(
    (event: DragEvent) => {
      event.preventDefault();
      const { link } = placeUnder(event.target, editor.getState().document);
      setOver(link === undefined ? null : `${link.from}.${link.port}>${link.to}`);
    },
    [editor],
  );

  const onDrop = useCallback(
    (event: DragEvent) => {
      event.preventDefault();
      setOver(null);
      const component = catalog.components.get(event.dataTransfer.getData(DRAGGED));
      if (component === undefined) return;
      const drop = screenToFlowPosition({ x: event.clientX, y: event.clientY });
      const place = placeUnder(event.target, editor.getState().document);
      const isFree = place.link === undefined && place.after === undefined;
      const name = add(
        component,
        isFree ? { after: null, position: at(drop, STEP_WIDTH / 2) } : place,
      );
      openInspector(name);
    },
    [add, catalog, editor, screenToFlowPosition],
  );

  const drawn = useMemo(
    () =>
      fits === null
        ? nodes
        : nodes.map((node) => ({
            ...node,
            className: classes(fits.has(node.id) ? style["fits"] : style["unfit"]),
          })),
    [fits, nodes],
  );
  const shownEdges = useMemo(
    () =>
      over === null
        ? edges
        : edges.map((edge) =>
            edge.id === over ? { ...edge, className: classes(style["over"]) } : edge,
          ),
    [edges, over],
  );
  const { change, beginAdding } = editor.getState();
  return (
    <section
      className={style["canvas"]}
      aria-label={t("label")}
      aria-describedby="canvas-keys"
      tabIndex={0}
      data-focus-home
      data-connecting={fits !== null}
      onKeyDown={onKeyDown}
    >
      <p id="canvas-keys" className="unseen">
        {t("help")}
      </p>
      <ReactFlow<CanvasNode, LinkEdgeType>
        nodes={drawn}
        edges={shownEdges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onNodeDragStop={onNodeDragStop}
        onSelectionDragStop={(_, moved) => onNodeDragStop(null, null, moved)}
        onConnectStart={onConnectStart}
        onConnectEnd={onConnectEnd}
        onConnect={(made) => change((before) => connect(before, linkOf(made)))}
        onReconnectStart={() => {
          isReconnecting.current = true;
        }}
        onReconnect={(edge, made) =>
          change((before) => connect(disconnect(before, linkOf(edge)), linkOf(made)))
        }
        onReconnectEnd={(_, edge, __, made) => {
          isReconnecting.current = false;
          setFits(null);
          if (made.toNode === null) change((before) => disconnect(before, linkOf(edge)));
        }}
        isValidConnection={isValidConnection}
        onPaneClick={() => {
          setRefusal(null);
          beginAdding(null);
        }}
        onDrop={onDrop}
        onDragOver={onDragOver}
        onDragLeave={() => setOver(null)}
        deleteKeyCode={null}
        multiSelectionKeyCode={["Shift", "Meta", "Control"]}
        nodesFocusable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        connectionRadius={28}
        minZoom={0.1}
        panOnScroll
        zoomOnDoubleClick={false}
        proOptions={{ hideAttribution: true }}
        onlyRenderVisibleElements
      >
        <Background gap={16} />
        <Fitting />
        <Tools />
        {Object.keys(document.components).length === 0 && (
          <Panel position="top-center">
            <Empty title={t("empty.title")} text={t("empty.text")} />
          </Panel>
        )}
        {refusal !== null && (
          <Panel position="top-center">
            <p role="alert" className={style["refusal"]}>
              {t(`refusal.${refusal}`)}
            </p>
          </Panel>
        )}
      </ReactFlow>
    </section>
  );
}

function at({ x, y }: { x: number; y: number }, back: number) {
  return { x: Math.round(x - back), y: Math.round(y - 40) };
}

function isSame(chosen: ReadonlySet<string>, names: readonly string[]): boolean {
  return chosen.size === names.length && names.every((name) => chosen.has(name));
}
