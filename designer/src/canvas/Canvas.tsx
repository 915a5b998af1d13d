/** The flow as a drawing. Steps draw themselves from the store, so that only what changes is drawn. */

import "@xyflow/react/dist/base.css";

import {
  Background,
  Controls,
  MiniMap,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  useNodesState,
  useReactFlow,
  type Connection,
  type Edge,
  type Node,
} from "@xyflow/react";
import { useCallback, useEffect, useMemo, type DragEvent } from "react";
import { useTranslation } from "react-i18next";

import { useAddStep } from "../flow/adding";
import { useCatalog } from "../flow/catalog";
import {
  connect,
  disconnect,
  linkId,
  linksOf,
  moveSteps,
  removeSteps,
  wouldGoRound,
  type Link,
} from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { DRAGGED } from "../palette/Palette";
import { Empty } from "../shared/ui/Page";
import style from "./canvas.module.css";
import { arranged } from "./layout";
import { StepNode } from "./StepNode";

const NODE_TYPES = { step: StepNode };

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
  const { components } = useCatalog();
  const add = useAddStep();
  const { screenToFlowPosition } = useReactFlow();
  const document = useEditor((state) => state.document);
  const selected = useEditor((state) => state.selected);
  const [nodes, setNodes, onNodesChange] = useNodesState<Node>([]);

  useEffect(() => {
    const places = arranged(document);
    setNodes((before) => {
      const known = new Map(before.map((node) => [node.id, node]));
      return Object.keys(document.components).map((id): Node => {
        const position = document.components[id]?.position ?? places[id] ?? { x: 0, y: 0 };
        const isSelected = selected.includes(id);
        const node = known.get(id);
        if (node?.position.x === position.x && node.position.y === position.y) {
          return node.selected === isSelected ? node : { ...node, selected: isSelected };
        }
        return { ...node, id, type: "step", position, selected: isSelected, data: {} };
      });
    });
  }, [document, selected, setNodes]);

  const edges = useMemo(() => linksOf(document).map(edgeOf), [document]);

  const isValid = useCallback(
    ({ source, target }: Connection | Edge) => {
      const to = editor.getState().document.components[target];
      const kind = to === undefined ? undefined : components.get(to.type)?.kind;
      return kind !== "trigger" && !wouldGoRound(editor.getState().document, source, target);
    },
    [components, editor],
  );

  const drop = (event: DragEvent) => {
    event.preventDefault();
    const component = components.get(event.dataTransfer.getData(DRAGGED));
    if (component === undefined) return;
    const position = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    add(component, { position });
  };

  const { change, select } = editor.getState();
  return (
    <section className={style["canvas"]} aria-label={t("label")}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onNodesChange={onNodesChange}
        onNodeDragStop={(_, __, moved) => {
          const places = Object.fromEntries(moved.map(({ id, position }) => [id, position]));
          change((before) => moveSteps(before, places));
        }}
        onSelectionChange={({ nodes: chosen }) => {
          const names = chosen.map(({ id }) => id);
          if (names.join() !== editor.getState().selected.join()) select(names);
        }}
        onNodesDelete={(gone) =>
          change((before) =>
            removeSteps(
              before,
              gone.map(({ id }) => id),
            ),
          )
        }
        onEdgesDelete={(gone) => change((before) => gone.map(linkOf).reduce(disconnect, before))}
        onConnect={(made) => change((before) => connect(before, linkOf(made)))}
        isValidConnection={isValid}
        onDrop={drop}
        onDragOver={(event) => event.preventDefault()}
        deleteKeyCode={["Delete", "Backspace"]}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.2 }}
        minZoom={0.1}
        proOptions={{ hideAttribution: true }}
        onlyRenderVisibleElements
      >
        <Background gap={16} />
        <Controls showInteractive={false} />
        <MiniMap pannable zoomable aria-label={t("minimap")} />
        {nodes.length === 0 && (
          <Panel position="top-center">
            <Empty title={t("empty.title")} text={t("empty.text")} />
          </Panel>
        )}
      </ReactFlow>
    </section>
  );
}

function edgeOf(link: Link): Edge {
  return {
    id: linkId(link),
    source: link.from,
    sourceHandle: link.port,
    target: link.to,
    targetHandle: "in",
  };
}

function linkOf({ source, sourceHandle, target }: Connection | Edge): Link {
  return { from: source, port: sourceHandle ?? "", to: target };
}
