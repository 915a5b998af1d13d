/** A search for what comes next, at the place where it is to stand. */

import { useEffect, useMemo, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";

import { useAddStep } from "../flow/adding";
import { useCatalog, type Component } from "../flow/catalog";
import { useEditor, useEditorStore, type Adding } from "../flow/editor";
import { ComponentIcon } from "../palette/ComponentIcon";
import { found } from "../palette/search";
import { Chooser } from "../shared/ui/Chooser";
import { openInspector } from "./focus";
import style from "./canvas.module.css";

const WIDTH = 320;
const HEIGHT = 380;

export function AddPopup() {
  const adding = useEditor((state) => state.adding);
  return adding === null ? null : createPortal(<Popup adding={adding} />, document.body);
}

function Popup({ adding }: { adding: Adding }) {
  const { t } = useTranslation("canvas");
  const editor = useEditorStore();
  const add = useAddStep();
  const { components } = useCatalog();
  const isEmpty = useEditor((state) => Object.keys(state.document.components).length === 0);
  const [search, setSearch] = useState("");
  const [home] = useState(() => document.activeElement);
  const { place, at } = adding;
  const groups = useMemo(() => {
    const isFirst = isEmpty || (place.after == null && place.link === undefined);
    const fitting = found([...components.values()], search).filter(
      ({ kind }) => kind === "action" || place.link === undefined,
    );
    const offered = isFirst ? fitting : fitting.filter(({ kind }) => kind === "action");
    if (search.trim() !== "") return [["", offered]] as const;
    const grouped = new Map<string, Component[]>();
    const sorted = isEmpty
      ? [...offered].sort((a, b) => Number(b.kind === "trigger") - Number(a.kind === "trigger"))
      : offered;
    for (const each of sorted) {
      grouped.set(each.group, [...(grouped.get(each.group) ?? []), each]);
    }
    return [...grouped];
  }, [components, isEmpty, place, search]);

  const close = () => {
    editor.getState().beginAdding(null);
    if (home instanceof HTMLElement) home.focus();
  };
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      const isInside = event.target instanceof Element && event.target.closest("[data-adding]");
      if (!isInside) editor.getState().beginAdding(null);
    };
    window.addEventListener("pointerdown", outside);
    return () => window.removeEventListener("pointerdown", outside);
  }, [editor]);

  const choose = (component: Component) => {
    editor.getState().beginAdding(null);
    const name = add(component, place);
    openInspector(name);
  };
  return (
    <div
      data-adding
      role="dialog"
      aria-label={t("add")}
      className={style["popup"]}
      style={{
        left: Math.max(8, Math.min(at.x, window.innerWidth - WIDTH - 8)),
        top: Math.max(8, Math.min(at.y, window.innerHeight - HEIGHT - 8)),
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" || event.key === "Tab") {
          event.preventDefault();
          event.stopPropagation();
          close();
        }
      }}
    >
      <Chooser
        label={t("add")}
        placeholder={t("addSearch")}
        search={search}
        onSearch={setSearch}
        none={t("addNone", { search })}
        groups={groups}
        keyOf={({ name }) => name}
        onChoose={choose}
      >
        {(each) => (
          <>
            <ComponentIcon component={each} size={24} />
            <span className={style["entryText"]}>
              <strong>{each.label}</strong>
              <small className="soft">{each.description}</small>
            </span>
          </>
        )}
      </Chooser>
    </div>
  );
}
