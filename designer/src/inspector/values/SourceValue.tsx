/**
 * A field with choices of the service: they are searched and paged, and what is typed counts too.
 *
 * Words that are part of a choice on show were a search: whoever leaves the field after them, or
 * presses Escape after anything, has again what was there before. Until somebody types or walks,
 * Enter takes nothing but what is chosen.
 */

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { Popover } from "radix-ui";
import { useDeferredValue, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { api, take, type Schemas } from "../../shared/api/client";
import { classes } from "../../shared/ui/Button";
import { ErrorNote, Note } from "../../shared/ui/Note";
import { useForm } from "../form/context";
import style from "../inspector.module.css";
import { isSearch } from "./searching";
import type { ValueProps } from "./ValueField";

export default function SourceValue({
  id,
  path,
  schema,
  value,
  hint,
  isInvalid,
  onChange,
}: ValueProps) {
  const { t } = useTranslation("inspector");
  const { component, account, input } = useForm();
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState<string | null>(null);
  const [walked, setWalked] = useState<number | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const before = useRef(value);
  const search = useDeferredValue(typed ?? "");
  const text =
    value === undefined || value === null
      ? ""
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  const source = schema["x-source"];
  const decides = typeof source === "object" ? source.dependsOn.map((name) => input[name]) : [];
  // The rest of the input changes nothing.
  // eslint-disable-next-line @tanstack/query/exhaustive-deps
  const found = useInfiniteQuery({
    queryKey: ["options", component.name, path.join("."), account, decides, search],
    queryFn: ({ pageParam }) =>
      take(
        api.POST("/api/options", {
          body: {
            type: component.name,
            field: path.join("."),
            account,
            input,
            search,
            after: pageParam,
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next,
    // The name of what is chosen stands beside its id as soon as the field is seen.
    enabled: isOpen || text !== "",
    placeholderData: keepPreviousData,
  });
  const { data, error, isFetching, isPlaceholderData, hasNextPage, fetchNextPage } = found;
  // What another search has found stands there until the answer comes, and no key chooses of it.
  const isAnswered = data !== undefined && !isPlaceholderData && search === (typed ?? "");
  const listed = data?.pages.flatMap((page) => page.options) ?? [];
  const isPart = isAnswered && isSearch(search, listed);
  const options = isPart ? [...listed, asTyped(search, t("takeAsTyped", { search }))] : listed;
  const explanation = data?.pages.at(-1)?.explanation ?? null;
  const chosen = listed.find((option) => option.value === text);
  const byItself = typed === null ? options.findIndex(({ value }) => value === text) : 0;
  const active = walked ?? byItself;
  const current = isOpen && isAnswered ? options[active] : undefined;
  const turn = (isNowOpen: boolean) => {
    setOpen(isNowOpen);
    setWalked(null);
  };
  const close = () => {
    setTyped(null);
    turn(false);
  };
  const choose = (option: Schemas["Entry"]) => {
    onChange(option.value);
    close();
    field.current?.focus();
  };
  const leave = () => {
    if (typed !== null && isSearch(typed, listed)) onChange(before.current);
    setTyped(null);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = Math.min(options.length - 1, active + step);
      if (isOpen && isAnswered) setWalked(Math.max(0, next));
      if (isOpen && next >= listed.length - 1 && hasNextPage && !isFetching) void fetchNextPage();
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      if (current && !current.isDisabled) choose(current);
      else if (current === undefined && (isAnswered || typed === null)) close();
    } else if (event.key === "Escape" && (isOpen || typed !== null)) {
      event.stopPropagation();
      if (typed !== null) onChange(before.current);
      close();
    }
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={turn}>
      <Popover.Anchor className={style["grow"]}>
        <div className={style["combo"]}>
          <input
            ref={field}
            className={style["control"]}
            id={id}
            role="combobox"
            aria-expanded={isOpen}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={current ? `${id}-${active}` : undefined}
            aria-describedby={`${id}-help`}
            aria-invalid={isInvalid}
            autoComplete="off"
            placeholder={hint === "" ? t("choose") : hint}
            value={typed ?? text}
            onKeyDown={press}
            onFocus={(event) => event.target.select()}
            onClick={() => setOpen(true)}
            onChange={(event) => {
              if (typed === null) before.current = value;
              setTyped(event.target.value);
              turn(true);
              onChange(event.target.value);
            }}
            onBlur={leave}
          />
          <ChevronDown size={14} aria-hidden />
        </div>
        {chosen !== undefined && <p className={style["chosen"]}>{chosen.label}</p>}
      </Popover.Anchor>
      <Popover.Portal>
        <Popover.Content
          className={style["options"]}
          aria-labelledby={`${id}-label`}
          align="start"
          sideOffset={2}
          onOpenAutoFocus={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => event.preventDefault()}
          // The keyboard stays in the field: who leaves that has ended the search.
          onMouseDown={(event) => event.preventDefault()}
        >
          {error !== null && <ErrorNote error={error} />}
          {explanation !== null && <Note state="advice" {...explanation} />}
          {isFetching && options.length === 0 && <p className="soft">{t("searching")}</p>}
          {data !== undefined && options.length === 0 && explanation === null && (
            <p className="soft">{t("nothingFound", { search })}</p>
          )}
          <ul
            role="listbox"
            id={`${id}-list`}
            aria-labelledby={`${id}-label`}
            aria-busy={!isAnswered}
          >
            {options.map((option, at) => (
              <li
                key={option.value}
                ref={option !== current ? null : walked === null ? toMiddle : intoView}
                id={`${id}-${at}`}
                role="option"
                aria-selected={option.value === text}
                aria-disabled={option.isDisabled}
                className={classes(style["option"], option === current && style["active"])}
                onPointerDown={(event) => {
                  event.preventDefault();
                  if (!option.isDisabled) choose(option);
                }}
              >
                <span>
                  {option.label}
                  {option.hint !== "" && <small className="soft">{option.hint}</small>}
                </span>
                {option.badge !== "" && (
                  <span className={style["badge"]} data-state={option.state}>
                    {option.badge}
                  </span>
                )}
              </li>
            ))}
          </ul>
          {hasNextPage && (
            <button type="button" className={style["linkish"]} onClick={() => void fetchNextPage()}>
              {t("more")}
            </button>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** The list is not in its place yet, where there may be less room. */
function toMiddle(item: HTMLElement | null): void {
  item?.scrollIntoView({ block: "center" });
}

function intoView(item: HTMLElement | null): void {
  item?.scrollIntoView({ block: "nearest" });
}

/** The way to a value that is also a part of others. */
function asTyped(value: string, label: string): Schemas["Entry"] {
  return { value, label, hint: "", badge: "", state: "fine", isDisabled: false };
}
