/** The flow as a tree: the whole editor for the keyboard, and for who hears the page. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight, CircleAlert, CircleHelp, CornerDownRight } from "lucide-react";
import { useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { openInspector } from "../canvas/focus";
import { NameInput } from "../canvas/StepNode";
import { removeSelected } from "../flow/actions";
import { useCatalog } from "../flow/catalog";
import { useEditor, useEditorStore } from "../flow/editor";
import { useFaultsOf } from "../flow/saving-context";
import { ComponentIcon } from "../palette/ComponentIcon";
import { classes } from "../shared/ui/Button";
import { handleKey } from "../shell/keys";
import style from "./outline.module.css";
import { rowsOf, type Row } from "./tree";

const ROW_HEIGHT = 30;

export function Outline() {
  const { t } = useTranslation("outline");
  const editor = useEditorStore();
  const document = useEditor((state) => state.document);
  const selected = useEditor((state) => state.selected);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [renaming, setRenaming] = useState<string | null>(null);
  const [current, setCurrent] = useState<string | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(document, closed), [closed, document]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const known = rows.findIndex(({ id }) => id === current);
  const chosen = rows.findIndex(({ name }) => name === selected[0]);
  const at = known >= 0 && rows[known]?.name === selected[0] ? known : Math.max(chosen, 0);
  const row = rows[at];

  const go = (to: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (next === undefined) return;
    setCurrent(next.id);
    editor.getState().reveal(next.name);
    virtual.scrollToIndex(rows.indexOf(next));
  };
  const toggle = (id: string, isClosing: boolean) =>
    setClosed((before) => {
      const after = new Set(before);
      if (isClosing) after.add(id);
      else after.delete(id);
      return after;
    });
  const right = () => {
    if (row === undefined || row.children === 0) return;
    if (closed.has(row.id)) toggle(row.id, false);
    else go(at + 1);
  };
  const left = () => {
    if (row === undefined) return;
    if (row.children > 0 && !closed.has(row.id)) toggle(row.id, true);
    else if (row.parent !== null) go(rows.findIndex(({ id }) => id === row.parent));
  };
  const add = () => {
    const box = list.current?.querySelector("[data-current]")?.getBoundingClientRect();
    if (row !== undefined) editor.getState().select([row.name]);
    editor.getState().beginAdding({
      place: {},
      at: { x: (box?.left ?? 0) + 40, y: box?.bottom ?? 120 },
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return;
    const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
    const steps: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      ArrowRight: right,
      ArrowLeft: left,
      Home: () => go(0),
      End: () => go(rows.length - 1),
    };
    const step = plain ? steps[event.key] : undefined;
    if (step !== undefined) {
      event.preventDefault();
      step();
      return;
    }
    if (row === undefined) {
      handleKey(event.nativeEvent, { addAfter: add });
      return;
    }
    handleKey(event.nativeEvent, {
      openStep: () => {
        editor.getState().select([row.name]);
        openInspector(row.name);
      },
      renameStep: () => {
        editor.getState().select([row.name]);
        setRenaming(row.id);
      },
      removeStep: () => {
        editor.getState().select([row.name]);
        removeSelected(editor);
        const next = rows[at + 1] ?? rows[at - 1];
        if (next !== undefined && next.name !== row.name) editor.getState().select([next.name]);
      },
      addAfter: add,
    });
  };
  return (
    <div className={style["outline"]}>
      {rows.length === 0 && <p className={style["empty"]}>{t("empty")}</p>}
      <div
        ref={list}
        className={style["list"]}
        role="tree"
        tabIndex={0}
        data-focus-home
        aria-label={t("title")}
        aria-multiselectable={false}
        aria-activedescendant={row === undefined ? undefined : `outline-${row.id}`}
        onKeyDown={onKeyDown}
      >
        <div role="presentation" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const each = rows[item.index];
            return (
              each !== undefined && (
                <OutlineRow
                  key={each.id}
                  row={each}
                  top={item.start}
                  isCurrent={item.index === at}
                  isSelected={selected.includes(each.name)}
                  isClosed={closed.has(each.id)}
                  isRenaming={renaming === each.id}
                  onRenamed={() => setRenaming(null)}
                  onToggle={() => toggle(each.id, !closed.has(each.id))}
                  onChoose={() => go(item.index)}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface Props {
  row: Row;
  top: number;
  isCurrent: boolean;
  isSelected: boolean;
  isClosed: boolean;
  isRenaming: boolean;
  onRenamed: () => void;
  onToggle: () => void;
  onChoose: () => void;
}

function OutlineRow({
  row,
  top,
  isCurrent,
  isSelected,
  isClosed,
  isRenaming,
  onRenamed,
  onToggle,
  onChoose,
}: Props) {
  const { t } = useTranslation("outline");
  const step = useEditor((state) => state.document.components[row.name]);
  const component = useCatalog().components.get(step?.type ?? "");
  const told = useFaultsOf(row.name);
  const faults = told === "" ? 0 : told.split("\n").length;
  const Arrow = isClosed ? ChevronRight : ChevronDown;
  return (
    <div
      id={`outline-${row.id}`}
      role="treeitem"
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={isSelected}
      aria-expanded={row.children > 0 ? !isClosed : undefined}
      data-current={isCurrent || undefined}
      className={classes(style["row"], isCurrent && style["current"])}
      style={{ top, height: ROW_HEIGHT, paddingLeft: 4 + Math.min(row.level - 1, 12) * 14 }}
      onClick={onChoose}
    >
      {row.children > 0 ? (
        <span
          className={style["arrow"]}
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            onToggle();
          }}
        >
          <Arrow size={14} />
        </span>
      ) : (
        <span className={style["arrow"]} aria-hidden>
          {row.isAgain && <CornerDownRight size={12} />}
        </span>
      )}
      {component === undefined ? (
        <CircleHelp size={18} aria-hidden />
      ) : (
        <ComponentIcon component={component} size={18} />
      )}
      {isRenaming ? (
        <NameInput name={row.name} onEnd={onRenamed} />
      ) : (
        <span className={style["name"]}>{step?.label ?? row.name}</span>
      )}
      {row.port !== null && <span className={style["port"]}>{row.port}</span>}
      <span className="unseen">
        {component?.label}
        {row.isAgain && `, ${t("again")}`}
      </span>
      {faults > 0 && (
        <span className={style["fault"]}>
          <CircleAlert size={13} aria-hidden />
          {faults}
          <span className="unseen">{t("faults", { count: faults })}</span>
        </span>
      )}
    </div>
  );
}
