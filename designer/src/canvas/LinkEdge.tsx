import {
  BaseEdge,
  EdgeLabelRenderer,
  getBezierPath,
  type Edge,
  type EdgeProps,
} from "@xyflow/react";
import { Plus, X } from "lucide-react";
import { memo, useState, type MouseEvent } from "react";

import { disconnect, type Link } from "../flow/document";
import { useEditorStore } from "../flow/editor";
import { LinkValue } from "../runs/LinkValue";
import { countRender } from "../shared/renders";
import { textsOf } from "../shared/texts";
import { classes } from "../shared/ui/Button";
import style from "./canvas.module.css";

export const CURVATURE = 0.3;

export type LinkEdgeType = Edge<{ link: Link }, "link">;

/** A link that bends softly; where the pointer or the choice is, a step can be put into it. */
export const LinkEdge = memo(function LinkEdge(props: EdgeProps<LinkEdgeType>) {
  countRender(`link ${props.id}`);
  const editor = useEditorStore();
  const [isNear, setNear] = useState(false);
  const [path, x, y] = getBezierPath({ ...props, curvature: CURVATURE });
  const link = props.data?.link;
  const t = textsOf("canvas");
  const begin = (event: MouseEvent) => {
    if (link === undefined) return;
    const { right, top } = event.currentTarget.getBoundingClientRect();
    editor.getState().beginAdding({ place: { link }, at: { x: right + 8, y: top } });
  };
  return (
    <>
      <g onPointerEnter={() => setNear(true)} onPointerLeave={() => setNear(false)}>
        <BaseEdge path={path} interactionWidth={24} />
      </g>
      <LinkValue from={props.source} port={props.sourceHandleId ?? ""} x={x} y={y} />
      {(isNear || props.selected === true) && link !== undefined && (
        <EdgeLabelRenderer>
          <div
            className={classes(style["onLink"], "nodrag nopan")}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
            onPointerEnter={() => setNear(true)}
            onPointerLeave={() => setNear(false)}
          >
            <button type="button" aria-label={t("insert", { ...link })} onClick={begin}>
              <Plus size={12} aria-hidden />
            </button>
            <button
              type="button"
              aria-label={t("disconnect", { ...link })}
              onClick={() => editor.getState().change((before) => disconnect(before, link))}
            >
              <X size={12} aria-hidden />
            </button>
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
