/** What a flow can be made of: dragged onto the canvas, or added with Enter. */

import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { openInspector } from "../canvas/focus";
import { useAddStep } from "../flow/adding";
import { useCatalog, type Component } from "../flow/catalog";
import { TextInput } from "../shared/ui/Field";
import { ComponentIcon } from "./ComponentIcon";
import { DRAGGED } from "./dragging";
import style from "./palette.module.css";
import { found } from "./search";

export function Palette() {
  const { t } = useTranslation("palette");
  const { components } = useCatalog();
  const [search, setSearch] = useState("");
  const add = useAddStep();
  const groups = useMemo(() => {
    const sorted = new Map<string, Component[]>();
    for (const each of found([...components.values()], search)) {
      const key = `${each.connector.label} · ${each.group}`;
      sorted.set(key, [...(sorted.get(key) ?? []), each]);
    }
    return [...sorted];
  }, [components, search]);
  return (
    <section className={style["palette"]} aria-label={t("title")}>
      <div className={style["search"]}>
        <Search size={14} aria-hidden />
        <TextInput
          type="search"
          data-search
          aria-label={t("search")}
          placeholder={t("search")}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      <div className={style["list"]}>
        {groups.length === 0 && search !== "" && <p className="soft">{t("none", { search })}</p>}
        {groups.map(([name, entries]) => (
          <details key={name} open>
            <summary>{name}</summary>
            <ul>
              {entries.map((each) => (
                <li key={each.name}>
                  <button
                    type="button"
                    className={style["entry"]}
                    draggable
                    onDragStart={(event) => event.dataTransfer.setData(DRAGGED, each.name)}
                    onClick={() => openInspector(add(each))}
                  >
                    <ComponentIcon component={each} />
                    <span>
                      <strong>{each.label}</strong>
                      <small className="soft">{each.description}</small>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </details>
        ))}
      </div>
    </section>
  );
}
