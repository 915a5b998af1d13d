/** What earlier steps give, and the functions, to be put into a field. */

import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { Popover, Tabs } from "radix-ui";
import { useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { functions } from "../../shared/api/queries";
import { TextInput } from "../../shared/ui/Field";
import { useForm } from "../form/context";
import style from "../inspector.module.css";
import { sampleText } from "./sample";
import type { Output } from "./upstream";

export function Picker({
  onPick,
  children,
}: {
  onPick: (path: string) => void;
  children: ReactNode;
}) {
  const { t } = useTranslation("inspector");
  const [isOpen, setOpen] = useState(false);
  const content = useRef<HTMLDivElement>(null);
  const pick = (path: string) => {
    setOpen(false);
    onPick(path);
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          ref={content}
          className={style["picker"]}
          side="left"
          align="start"
          sideOffset={8}
          collisionPadding={8}
          aria-label={t("insertValue")}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            content.current?.querySelector("input")?.focus();
          }}
        >
          <Tabs.Root defaultValue="values">
            <Tabs.List className={style["tabList"]}>
              <Tabs.Trigger value="values">{t("values")}</Tabs.Trigger>
              <Tabs.Trigger value="functions">{t("functions")}</Tabs.Trigger>
            </Tabs.List>
            <Tabs.Content value="values">
              <Values onPick={pick} />
            </Tabs.Content>
            <Tabs.Content value="functions">
              <Functions onPick={pick} />
            </Tabs.Content>
          </Tabs.Root>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Values({ onPick }: { onPick: (path: string) => void }) {
  const { t } = useTranslation("inspector");
  const { upstream } = useForm();
  const [search, setSearch] = useState("");
  const steps = upstream.steps.map((each) => ({
    ...each,
    outputs: each.outputs.flatMap((output) => found(output, search.trim().toLowerCase())),
  }));
  return (
    <div className={style["pickerList"]}>
      <TextInput
        type="search"
        aria-label={t("searchValues")}
        placeholder={t("searchValues")}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {steps.length === 0 && <p className="soft">{t("noUpstream")}</p>}
      {steps.map((each) => (
        <section key={each.step}>
          <h3 className={style["pickerStep"]}>
            <img src={each.icon} alt="" width={16} height={16} />
            {each.label}
          </h3>
          <Tree outputs={each.outputs} isOpen={search !== ""} onPick={onPick} />
        </section>
      ))}
    </div>
  );
}

/** The parts of a tree that a search finds, with what leads to them. */
function found(output: Output, search: string): Output[] {
  if (search === "") return [output];
  const fits = `${output.title} ${output.path} ${sampleText(output.sample)}`.toLowerCase();
  if (fits.includes(search)) return [output];
  const children = output.children.flatMap((child) => found(child, search));
  return children.length > 0 ? [{ ...output, children }] : [];
}

function Tree({
  outputs,
  isOpen,
  onPick,
}: {
  outputs: Output[];
  isOpen: boolean;
  onPick: (path: string) => void;
}) {
  return (
    <ul className={style["tree"]}>
      {outputs.map((output) => (
        <Branch key={output.path} output={output} isOpen={isOpen} onPick={onPick} />
      ))}
    </ul>
  );
}

function Branch({
  output,
  isOpen,
  onPick,
}: {
  output: Output;
  isOpen: boolean;
  onPick: (path: string) => void;
}) {
  const { t } = useTranslation("inspector");
  const [isUnfolded, setUnfolded] = useState(false);
  const hasChildren = output.children.length > 0;
  const isShown = isOpen || isUnfolded;
  return (
    <li>
      <div className={style["branch"]}>
        {hasChildren ? (
          <button
            type="button"
            className={style["unfold"]}
            aria-label={t("unfold", { name: output.title })}
            aria-expanded={isShown}
            onClick={() => setUnfolded(!isShown)}
          >
            <ChevronRight size={12} aria-hidden />
          </button>
        ) : (
          <span className={style["unfold"]} />
        )}
        <button type="button" className={style["value"]} onClick={() => onPick(output.path)}>
          <span>{output.title}</span>
          {!hasChildren && <span className="soft">{sampleText(output.sample)}</span>}
        </button>
      </div>
      {hasChildren && isShown && <Tree outputs={output.children} isOpen={isOpen} onPick={onPick} />}
    </li>
  );
}

function Functions({ onPick }: { onPick: (path: string) => void }) {
  const { t } = useTranslation("inspector");
  const { data = [] } = useQuery(functions());
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const shown = data.filter((each) =>
    [each.name, each.description, ...each.keywords].join(" ").toLowerCase().includes(wanted),
  );
  return (
    <div className={style["pickerList"]}>
      <TextInput
        type="search"
        aria-label={t("searchFunctions")}
        placeholder={t("searchFunctions")}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      <ul>
        {shown.map((each) => (
          <li key={each.signature}>
            <button
              type="button"
              className={style["function"]}
              onClick={() => onPick(each.example)}
            >
              <code>{each.signature}</code>
              <span>{each.description}</span>
              <span className="soft">
                {each.example} → {sampleText(each.result)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
