import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { CircleAlert, CircleHelp, Plus } from "lucide-react";
import {
  memo,
  useContext,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
} from "react";
import { useTranslation } from "react-i18next";

import { colorOf, type Component } from "../flow/catalog";
import { callStep, type Step } from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { useFaultsOf } from "../flow/saving-context";
import { ComponentIcon } from "../palette/ComponentIcon";
import { countRender } from "../shared/renders";
import { textsOf } from "../shared/texts";
import { StepState } from "../runs/StepState";
import { classes } from "../shared/ui/Button";
import { Tip } from "../shared/ui/Tip";
import style from "./canvas.module.css";
import { DetailContext, useTurn } from "./detail";
import type { ShownPort, StepLook } from "./geometry";
import { useSummary } from "./summary";

export type StepNodeType = Node<{ look: StepLook }, "step">;

/** A step as a card; it is drawn anew only when that step has changed. */
export const StepNode = memo(function StepNode({ id, selected, data }: NodeProps<StepNodeType>) {
  countRender(`step ${id}`);
  const t = textsOf("canvas");
  const { look } = data;
  const { component } = look;
  const step = useEditor((state) => state.document.components[id]);
  const isRenaming = useEditor((state) => state.renaming === id);
  const detail = useContext(DetailContext);
  const isWhole = useTurn(detail === "whole");
  const faults = useFaultsOf(id);
  const summaryId = useId();
  const editor = useEditorStore();
  if (step === undefined) return null;
  const kind = component?.label ?? step.type;
  const used = look.ports.filter((port) => port.isUsed).length;
  const hasLines = isWhole && !look.isFolded;
  return (
    <div
      className={classes(
        style["step"],
        look.isTrigger && style["trigger"],
        look.isFolded && style["folded"],
        detail !== "whole" && style["far"],
        used > 1 && style["branching"],
      )}
      style={{ height: look.height }}
      data-selected={selected}
      data-step={id}
      role="group"
      tabIndex={-1}
      aria-roledescription={t("step")}
      aria-label={[step.label ?? id, kind, faults].filter(Boolean).join(", ")}
      aria-describedby={hasLines ? summaryId : undefined}
      onDoubleClick={(event) => {
        event.stopPropagation();
        editor.getState().beginRenaming(id);
      }}
    >
      {!look.isTrigger && detail !== "overview" && (
        <Handle type="target" position={Position.Left} id="in" />
      )}
      <StepIcon component={component} isFolded={look.isFolded} isPlain={detail === "overview"} />
      <div className={style["text"]}>
        {isRenaming ? (
          <NameInput name={id} onEnd={() => editor.getState().beginRenaming(null)} />
        ) : (
          <strong title={step.label == null ? undefined : id}>{step.label ?? id}</strong>
        )}
        {hasLines && <StepLines id={summaryId} step={step} component={component} />}
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
      {detail !== "overview" &&
        look.ports.map((port) => (
          <Port key={port.name} step={id} port={port} isBare={!isWhole} isFolded={look.isFolded} />
        ))}
    </div>
  );
});

/** Whose the step is; from far away only by its colour. */
function StepIcon({
  component,
  isFolded,
  isPlain,
}: {
  component: Component | undefined;
  isFolded: boolean;
  isPlain: boolean;
}) {
  const size = isFolded ? 20 : 28;
  if (component === undefined) {
    return <CircleHelp className={style["unknown"]} size={size} aria-hidden />;
  }
  if (!isPlain) return <ComponentIcon component={component} size={size} />;
  const background = colorOf(component.connector);
  return <span className={style["plain"]} style={{ width: size, height: size, background }} />;
}

/** What the step is, and what it will do. */
function StepLines({
  id,
  step,
  component,
}: {
  id: string;
  step: Step;
  component: Component | undefined;
}) {
  const summary = useSummary(step, component);
  return (
    <>
      <span className={style["kind"]}>
        <span>{component?.label ?? step.type}</span>
        {step.account != null && step.account !== "" && (
          <span className={style["chip"]}>{step.account}</span>
        )}
      </span>
      <span id={id} className={style["summary"]}>
        {summary}
      </span>
    </>
  );
}

/** Where something leaves, and where the next step is added. */
function Port({
  step,
  port,
  isBare,
  isFolded,
}: {
  step: string;
  port: ShownPort;
  isBare: boolean;
  isFolded: boolean;
}) {
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
      {!isFolded && !isBare && (
        <span className={style["port"]} style={{ top: port.y }}>
          {port.name}
        </span>
      )}
      {!isBare && (
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
          aria-label={textsOf("canvas")("addAfter", { step, port: port.name })}
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
