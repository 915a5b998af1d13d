import {
  Handle,
  Position,
  useStore,
  type Node,
  type NodeProps,
  type ReactFlowState,
} from "@xyflow/react";
import { CircleAlert, CircleHelp, Plus } from "lucide-react";
import { memo, useRef, useState, type KeyboardEvent, type MouseEvent } from "react";
import { useTranslation } from "react-i18next";

import { useCatalog } from "../flow/catalog";
import { callStep } from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { useSaving } from "../flow/saving-context";
import { ComponentIcon } from "../palette/ComponentIcon";
import { countRender } from "../shared/renders";
import { StepState } from "../runs/StepState";
import { classes } from "../shared/ui/Button";
import { Tip } from "../shared/ui/Tip";
import style from "./canvas.module.css";
import type { ShownPort, StepLook } from "./geometry";
import { useSummary } from "./summary";

export type StepNodeType = Node<{ look: StepLook }, "step">;

/** From so far away a card has its name alone: the rest could not be read. */
const isFarAway = ({ transform: [, , zoom] }: ReactFlowState) => zoom < 0.4;

/** A step as a card; it is drawn anew only when that step has changed. */
export const StepNode = memo(function StepNode({ id, selected, data }: NodeProps<StepNodeType>) {
  countRender(`step ${id}`);
  const { t } = useTranslation("canvas");
  const { look } = data;
  const step = useEditor((state) => state.document.components[id]);
  const isRenaming = useEditor((state) => state.renaming === id);
  const isFar = useStore(isFarAway);
  const isSmall = look.isFolded || isFar;
  const editor = useEditorStore();
  const component = useCatalog().components.get(step?.type ?? "");
  const faults = useSaving((state) =>
    state.faults
      .filter(({ path }) => `${path}.`.startsWith(`components.${id}.`))
      .map(({ text }) => text)
      .join("\n"),
  );
  const summary = useSummary(isSmall ? undefined : step, component);
  if (step === undefined) return null;
  const kind = component?.label ?? step.type;
  const used = look.ports.filter((port) => port.isUsed).length;
  return (
    <div
      className={classes(
        style["step"],
        look.isTrigger && style["trigger"],
        look.isFolded && style["folded"],
        isFar && style["far"],
        used > 1 && style["branching"],
      )}
      style={{ height: look.height }}
      data-selected={selected}
      data-step={id}
      role="group"
      tabIndex={-1}
      aria-roledescription={t("step")}
      aria-label={[step.label ?? id, kind, summary, faults].filter(Boolean).join(", ")}
      onDoubleClick={(event) => {
        event.stopPropagation();
        editor.getState().beginRenaming(id);
      }}
    >
      {!look.isTrigger && <Handle type="target" position={Position.Left} id="in" />}
      {component === undefined ? (
        <CircleHelp className={style["unknown"]} size={28} aria-hidden />
      ) : (
        <ComponentIcon component={component} size={look.isFolded ? 20 : 28} />
      )}
      <div className={style["text"]}>
        {isRenaming ? (
          <NameInput name={id} onEnd={() => editor.getState().beginRenaming(null)} />
        ) : (
          <strong title={step.label == null ? undefined : id}>{step.label ?? id}</strong>
        )}
        {!isSmall && (
          <>
            <span className={style["kind"]}>
              <span>{kind}</span>
              {step.account != null && step.account !== "" && (
                <span className={style["chip"]}>{step.account}</span>
              )}
            </span>
            <span className={style["summary"]}>{summary}</span>
          </>
        )}
      </div>
      <StepState id={id} />
      {faults !== "" && (
        <Tip text={faults}>
          <button
            type="button"
            tabIndex={-1}
            className={classes(style["fault"], "nodrag")}
            aria-label={t("faults", { count: faults.split("\n").length })}
          >
            <CircleAlert size={14} aria-hidden />
            {faults.split("\n").length}
          </button>
        </Tip>
      )}
      {look.ports.map((port) => (
        <Port key={port.name} step={id} port={port} isFolded={look.isFolded} isFar={isFar} />
      ))}
    </div>
  );
});

/** Where something leaves, and where the next step is added. */
function Port({
  step,
  port,
  isFolded,
  isFar,
}: {
  step: string;
  port: ShownPort;
  isFolded: boolean;
  isFar: boolean;
}) {
  const { t } = useTranslation("canvas");
  const editor = useEditorStore();
  const begin = (event: MouseEvent) => {
    event.stopPropagation();
    const { right, top } = event.currentTarget.getBoundingClientRect();
    editor.getState().beginAdding({
      place: { after: { step, port: port.name } },
      at: { x: right + 8, y: top - 16 },
    });
  };
  return (
    <>
      <Handle
        type="source"
        position={Position.Right}
        id={port.name}
        className={classes(!port.isMain && !port.isUsed && style["small"])}
        style={{ top: port.y }}
      />
      {!isFolded && !isFar && (
        <span className={style["port"]} style={{ top: port.y }}>
          {port.name}
        </span>
      )}
      {!isFar && (
        <button
          type="button"
          tabIndex={-1}
          className={classes(
            style["plus"],
            port.isMain && !port.isUsed && style["waiting"],
            port.isUsed && style["beside"],
            "nodrag nopan",
          )}
          style={{ top: port.y }}
          aria-label={t("addAfter", { step, port: port.name })}
          onClick={begin}
        >
          <Plus size={12} aria-hidden />
        </button>
      )}
    </>
  );
}

/** The step's name while it is being typed; Enter takes it and Escape leaves it as it was. */
export function NameInput({ name, onEnd }: { name: string; onEnd: () => void }) {
  const { t } = useTranslation("canvas");
  const editor = useEditorStore();
  const step = useEditor((state) => state.document.components[name]);
  const [text, setText] = useState(step?.label ?? name);
  const isOver = useRef(false);
  const end = (isTaken: boolean) => {
    // Taking the input away takes the keyboard from it, too.
    if (isOver.current) return;
    isOver.current = true;
    onEnd();
    if (!isTaken) return;
    const { change, select, selected, selectedNotes } = editor.getState();
    const [, called] = callStep(editor.getState().document, name, text);
    change((before) => callStep(before, name, text)[0]);
    select(
      selected.map((each) => (each === name ? called : each)),
      selectedNotes,
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    const home = event.currentTarget.closest<HTMLElement>("[data-focus-home]");
    end(event.key === "Enter");
    home?.focus();
  };
  return (
    <input
      ref={(input) => input?.focus()}
      className={classes(style["nameInput"], "nodrag nopan")}
      aria-label={t("name")}
      value={text}
      maxLength={200}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => end(true)}
      onKeyDown={onKeyDown}
      onDoubleClick={(event) => event.stopPropagation()}
    />
  );
}
