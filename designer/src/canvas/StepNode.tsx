import { Handle, Position, type NodeProps } from "@xyflow/react";
import { CircleAlert } from "lucide-react";
import { memo } from "react";

import { useCatalog } from "../flow/catalog";
import { useEditor } from "../flow/editor";
import { useSaving } from "../flow/saving-context";
import { ComponentIcon } from "../palette/ComponentIcon";
import { classes } from "../shared/ui/Button";
import style from "./canvas.module.css";

/** A step as a card; it is drawn anew only when that step has changed. */
export const StepNode = memo(function StepNode({ id, selected }: NodeProps) {
  const step = useEditor((state) => state.document.components[id]);
  const component = useCatalog().components.get(step?.type ?? "");
  const faults = useSaving(
    (state) => state.faults.filter(({ path }) => path.startsWith(`components.${id}.`)).length,
  );
  if (step === undefined) return null;
  const isTrigger = component?.kind === "trigger";
  const ports = component?.ports ?? [];
  return (
    <div className={classes(style["step"], isTrigger && style["trigger"])} data-selected={selected}>
      {!isTrigger && <Handle type="target" position={Position.Left} id="in" />}
      {component !== undefined && <ComponentIcon component={component} size={28} />}
      <div className={style["text"]}>
        <strong>{step.label ?? id}</strong>
        <span className="soft">{component?.label ?? step.type}</span>
        {step.account != null && <span className={style["chip"]}>{step.account}</span>}
      </div>
      {faults > 0 && (
        <span className={style["fault"]}>
          <CircleAlert size={14} aria-hidden />
          {faults}
        </span>
      )}
      {ports.map((port, at) => (
        <Handle
          key={port.name}
          type="source"
          position={Position.Right}
          id={port.name}
          style={{ top: `${((at + 1) / (ports.length + 1)) * 100}%` }}
        >
          {ports.length > 1 && <span className={style["port"]}>{port.name}</span>}
        </Handle>
      ))}
    </div>
  );
});
