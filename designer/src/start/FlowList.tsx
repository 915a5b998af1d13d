/** All flows, searched and sorted; of many, only those in sight are on the page. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Select, TextInput } from "../shared/ui/Field";
import { FlowRow } from "./FlowRow";
import { arrangedRows, SORTS, type Row, type Sort } from "./rows";
import style from "./start.module.css";

const ROW_HEIGHT = 80;
/** From how many flows on it is worth a field to search and sort them. */
const FEW = 4;

export function FlowList({ rows }: { rows: Row[] }) {
  const { t } = useTranslation("start");
  const [search, setSearch] = useState("");
  const [sort, setSort] = useState<Sort>("changed");
  const shown = arrangedRows(rows, search, sort);
  return (
    <section className={style["all"]} aria-label={t("title")}>
      {rows.length >= FEW && (
        <div className={style["tools"]}>
          <TextInput
            type="search"
            data-search
            className={style["search"]}
            aria-label={t("search")}
            placeholder={t("search")}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <Select
            className={style["sort"]}
            aria-label={t("sort.label")}
            value={sort}
            onChange={(event) => {
              const chosen = SORTS.find((each) => each === event.target.value);
              if (chosen !== undefined) setSort(chosen);
            }}
          >
            {SORTS.map((each) => (
              <option key={each} value={each}>
                {t(`sort.${each}`)}
              </option>
            ))}
          </Select>
        </div>
      )}
      {shown.length === 0 ? (
        <p className="soft" role="status">
          {t("none", { search })}
        </p>
      ) : (
        <Rows rows={shown} taken={rows} />
      )}
    </section>
  );
}

function Rows({ rows, taken }: { rows: Row[]; taken: Row[] }) {
  const list = useRef<HTMLUListElement>(null);
  const [above, setAbove] = useState(0);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => list.current?.closest("main") ?? null,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (at) => rows[at]?.id ?? at,
    scrollMargin: above,
    overscan: 6,
  });
  useLayoutEffect(() => {
    const page = list.current?.closest("main");
    if (!page || list.current === null) return;
    const offset =
      list.current.getBoundingClientRect().top - page.getBoundingClientRect().top + page.scrollTop;
    setAbove(offset);
  }, [rows.length]);
  return (
    <ul ref={list} className={style["rows"]} style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map(({ index, key, start }) => {
        const row = rows[index];
        return row === undefined ? null : (
          <li
            key={key}
            ref={virtual.measureElement}
            data-index={index}
            style={{ transform: `translateY(${start - above}px)` }}
          >
            <FlowRow row={row} taken={taken} />
          </li>
        );
      })}
    </ul>
  );
}
