import { memo, useMemo } from "react";

import { colorOf, useCatalog } from "../flow/catalog";
import type { FlowDocument } from "../flow/document";
import { BOX_HEIGHT, BOX_WIDTH, pictureOf, type Line } from "./picture";
import style from "./start.module.css";

const ICON = 56;
const INSET = (BOX_HEIGHT - ICON) / 2;

/** What a flow looks like from afar; whoever does not see it misses nothing. */
export const FlowPicture = memo(function FlowPicture({
  document,
}: {
  document: FlowDocument | undefined;
}) {
  const { components } = useCatalog();
  const picture = useMemo(() => (document === undefined ? null : pictureOf(document)), [document]);
  if (picture === null) return <svg className={style["picture"]} aria-hidden />;
  const { x, y, width, height } = picture.view;
  return (
    <svg className={style["picture"]} viewBox={`${x} ${y} ${width} ${height}`} aria-hidden>
      {picture.lines.map((line, at) => (
        <path key={at} className={style["line"]} d={curve(line)} />
      ))}
      {picture.boxes.map((box) => {
        const component = components.get(box.type);
        const isTrigger = component?.kind === "trigger";
        return (
          <g key={box.name} transform={`translate(${box.x} ${box.y})`}>
            <path className={style["box"]} d={outline(isTrigger ? BOX_HEIGHT / 2 : 16)} />
            {component === undefined ? (
              <rect className={style["bar"]} x={20} y={INSET} width={ICON} height={ICON} rx={13} />
            ) : (
              <rect
                x={20}
                y={INSET}
                width={ICON}
                height={ICON}
                rx={13}
                fill={colorOf(component.connector)}
              />
            )}
            {component !== undefined && (
              <image href={component.connector.icon} x={20} y={INSET} width={ICON} height={ICON} />
            )}
            <rect className={style["bar"]} x={92} y={30} width={120} height={12} rx={6} />
            <rect className={style["bar"]} x={92} y={56} width={76} height={10} rx={5} />
          </g>
        );
      })}
    </svg>
  );
});

/** A rounded rectangle whose left edge is rounder where a flow begins. */
function outline(left: number): string {
  const right = 16;
  return [
    `M${left} 0H${BOX_WIDTH - right}`,
    `a${right} ${right} 0 0 1 ${right} ${right}V${BOX_HEIGHT - right}`,
    `a${right} ${right} 0 0 1 ${-right} ${right}H${left}`,
    `a${left} ${left} 0 0 1 ${-left} ${-left}V${left}`,
    `a${left} ${left} 0 0 1 ${left} ${-left}z`,
  ].join("");
}

function curve({ from, to }: Line): string {
  const bend = Math.max(40, Math.abs(to.x - from.x) / 2);
  return `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
}
