/** The flow as a drawing. Steps draw themselves from the store, so that only what changes is drawn. */

import "@xyflow/react/dist/base.css";

import {
  applyNodeChanges,
  Background,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  useStore,
  type EdgeChange,
  type NodeChange,
} from "@xyflow/react";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { moveNotes, moveSteps } from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { palette } from "../shared/api/queries";
import { classes } from "../shared/ui/Button";
import { Empty } from "../shared/ui/Page";
import { arrange, besideKnown, orderedLinks } from "./arranging";
import style from "./canvas.module.css";
import { detailAt, DetailContext } from "./detail";
import { Fitting } from "./Fitting";
import { STEP_WIDTH } from "./geometry";
import { LinkEdge, type LinkEdgeType } from "./LinkEdge";
import { useLooks } from "./looks";
import { nodesOf, useEdges, type CanvasNode, type Shown } from "./nodes";
import { NoteNode, noteOf } from "./NoteNode";
import { OverviewLinks } from "./OverviewLinks";
import { StepNode } from "./StepNode";
import { Tools } from "./Tools";
import { useCanvasKeys } from "./useCanvasKeys";
import { useDropping } from "./useDropping";
import { useLinking } from "./useLinking";

const NODE_TYPES = { step: StepNode, note: NoteNode };
const EDGE_TYPES = { link: LinkEdge };
const SEVERAL = ["Shift", "Meta", "Control"];
const PRO = { hideAttribution: true };

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
  const document = useEditor((state) => state.document);
  const selected = useEditor((state) => state.selected);
  const selectedNotes = useEditor((state) => state.selectedNotes);
  const selectedLink = useEditor((state) => state.selectedLink);
  const places = useEditor((state) => state.places);
  const { isPending: isLoading } = useQuery(palette());
  const looks = useLooks(document);
  const edges = useEdges(document, selectedLink);
  const [nodes, setNodes] = useState<CanvasNode[]>([]);
  const { fits, refusal, forgive, ...linking } = useLinking();
  const { over, ...dropping } = useDropping();
  const detail = useStore(({ transform: [, , zoom] }) => detailAt(zoom, looks.size));
  const isOverview = detail === "overview";
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

  const onNodeDragStart = useCallback(() => {
    const ended = new AbortController();
    const end = () => {
      ended.abort();
      editor.setState({ isMoving: false });
    };
    editor.setState({ isMoving: true });
    for (const type of ["pointerup", "pointercancel"]) {
      window.addEventListener(type, end, { signal: ended.signal });
    }
  }, [editor]);

  const leave = useCallback(
    (moved: readonly CanvasNode[]) => {
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

  const onNodeDragStop = useCallback(
    (_: unknown, __: unknown, moved: CanvasNode[]) => leave(moved),
    [leave],
  );
  const onSelectionDragStop = useCallback(
    (_: unknown, moved: CanvasNode[]) => leave(moved),
    [leave],
  );
  const onPaneClick = useCallback(() => {
    forgive();
    editor.getState().beginAdding(null);
  }, [editor, forgive]);

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
  const shownEdges = useMemo(() => {
    // From far away only the chosen link can still be seen, and taken away.
    if (isOverview) return edges.filter(({ selected }) => selected === true);
    return over === null
      ? edges
      : edges.map((edge) =>
          edge.id === over ? { ...edge, className: classes(style["over"]) } : edge,
        );
  }, [edges, isOverview, over]);
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
      <DetailContext value={detail}>
        <ReactFlow<CanvasNode, LinkEdgeType>
          nodes={drawn}
          edges={shownEdges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          onNodesChange={onNodesChange}
          onEdgesChange={onEdgesChange}
          onNodeDragStart={onNodeDragStart}
          onNodeDragStop={onNodeDragStop}
          onSelectionDragStop={onSelectionDragStop}
          onPaneClick={onPaneClick}
          {...linking}
          {...dropping}
          deleteKeyCode={null}
          multiSelectionKeyCode={SEVERAL}
          nodesFocusable={false}
          edgesFocusable={false}
          disableKeyboardA11y
          connectionRadius={28}
          minZoom={0.1}
          panOnScroll
          zoomOnDoubleClick={false}
          proOptions={PRO}
          onlyRenderVisibleElements
        >
          <Background gap={16} />
          {isOverview && <OverviewLinks nodes={nodes} links={edges} />}
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
      </DetailContext>
    </section>
  );
}

function isSame(chosen: ReadonlySet<string>, names: readonly string[]): boolean {
  return chosen.size === names.length && names.every((name) => chosen.has(name));
}
