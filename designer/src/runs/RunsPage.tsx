/** The runs of all flows, as they come: searched and filtered by what stands in the address. */

import { useQuery } from "@tanstack/react-query";
import { SlidersHorizontal, X } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { flows } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { Labelled, Select, TextInput } from "../shared/ui/Field";
import { useNarrow } from "../shared/ui/narrow";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Loading, useTitle } from "../shared/ui/Page";
import { FATES, STATES, useFilters, type Filters } from "./filters";
import { RunLine } from "./lines";
import { useLiveLog } from "./live";
import style from "./runs.module.css";
import { VirtualRuns } from "./VirtualRuns";

const LINE = 40;
const TYPING_MS = 300;

export default function RunsPage() {
  const { t } = useTranslation("runs");
  useTitle(t("title"));
  const filters = useFilters();
  const [shown, log] = useLiveLog(filters.wanted);
  const names = useQuery(flows);
  const nameOf = new Map(names.data?.flows.map(({ id, name }) => [id, name]));
  const isEmpty = shown.rows.length === 0 && !shown.isLoading && shown.error === null;
  return (
    <main className={style["page"]}>
      <header className={style["pageHead"]}>
        <h1>{t("title")}</h1>
        <FilterBar filters={filters} flowNames={nameOf} />
      </header>
      {shown.error !== null && <ErrorNote error={shown.error} />}
      {shown.rows.length === 0 && shown.isLoading && <Loading />}
      {isEmpty && !filters.isAny && <Empty title={t("empty.title")} text={t("empty.text")} />}
      {isEmpty && filters.isAny && (
        <Empty title={t("none.title")} text={t("none.text")}>
          <Button onClick={filters.clear}>{t("none.clear")}</Button>
        </Empty>
      )}
      {shown.rows.length > 0 && (
        <VirtualRuns log={log} shown={shown} label={t("title")} lineHeight={LINE}>
          {(run) => (
            <RunLine
              run={run}
              href={`/runs/${encodeURIComponent(run.id)}`}
              flowName={run.flowName ?? nameOf.get(run.flowId) ?? run.flowId}
            />
          )}
        </VirtualRuns>
      )}
    </main>
  );
}

function FilterBar({
  filters,
  flowNames,
}: {
  filters: Filters;
  flowNames: ReadonlyMap<string, string>;
}) {
  const { t } = useTranslation("runs");
  const isNarrow = useNarrow();
  const [isUnfolded, setUnfolded] = useState(false);
  const { texts, set } = filters;
  return (
    <form
      className={style["filters"]}
      role="search"
      aria-label={t("filters.label")}
      onSubmit={(event) => event.preventDefault()}
    >
      <SearchField text={texts.search} onText={(text) => set("search", text)} />
      {isNarrow && (
        <Button aria-expanded={isUnfolded} onClick={() => setUnfolded(!isUnfolded)}>
          <SlidersHorizontal size={14} aria-hidden />
          {t(isUnfolded ? "filters.fewer" : "filters.more")}
        </Button>
      )}
      {(!isNarrow || isUnfolded) && <Narrowing filters={filters} flowNames={flowNames} />}
      {filters.isAny && (
        <Button look="quiet" onClick={filters.clear}>
          <X size={14} aria-hidden />
          {t("filters.clear")}
        </Button>
      )}
    </form>
  );
}

/** What of the runs is wanted, beside what is searched for. */
function Narrowing({
  filters: { texts, set },
  flowNames,
}: {
  filters: Filters;
  flowNames: ReadonlyMap<string, string>;
}) {
  const { t } = useTranslation("runs");
  const { t: word } = useTranslation("states");
  const flowIds = [...flowNames.keys()];
  if (texts.flow !== "" && !flowNames.has(texts.flow)) flowIds.push(texts.flow);
  return (
    <>
      <Choice
        label={t("filters.state")}
        value={texts.state}
        choices={STATES.map((each) => [each, word(each)])}
        onChoose={(value) => set("state", value)}
      />
      <Choice
        label={t("filters.fate")}
        value={texts.fate}
        choices={FATES.map((each) => [each, word(each)])}
        onChoose={(value) => set("fate", value)}
      />
      <Choice
        label={t("filters.flow")}
        value={texts.flow}
        choices={flowIds.map((id) => [id, flowNames.get(id) ?? id])}
        onChoose={(value) => set("flow", value)}
      />
      <Choice
        label={t("filters.kind")}
        value={texts.kind}
        choices={[
          ["real", t("filters.real")],
          ["test", t("filters.tests")],
        ]}
        onChoose={(value) => set("kind", value)}
      />
      {(["from", "to"] as const).map((name) => (
        <Labelled key={name} label={t(name === "from" ? "filters.since" : "filters.until")}>
          {(ids) => (
            <TextInput
              {...ids}
              type="datetime-local"
              value={texts[name]}
              onChange={(event) => set(name, event.target.value)}
            />
          )}
        </Labelled>
      ))}
    </>
  );
}

/** Searches when one pauses in typing. */
function SearchField({ text, onText }: { text: string; onText: (text: string) => void }) {
  const { t } = useTranslation("runs");
  const [typed, setTyped] = useState(text);
  const [known, setKnown] = useState(text);
  if (known !== text) {
    // The address has changed by itself, as by Back, and not because of what was typed here.
    setKnown(text);
    setTyped(text);
  }
  const search = useEffectEvent(() => {
    setKnown(typed);
    onText(typed);
  });
  useEffect(() => {
    if (typed === known) return;
    const timer = window.setTimeout(() => search(), TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [typed, known]);
  return (
    <Labelled label={t("filters.search")}>
      {(ids) => (
        <TextInput
          {...ids}
          type="search"
          placeholder={t("filters.searchHint")}
          maxLength={200}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
    </Labelled>
  );
}

function Choice({
  label,
  value,
  choices,
  onChoose,
}: {
  label: string;
  value: string;
  choices: [string, string][];
  onChoose: (value: string) => void;
}) {
  const { t } = useTranslation("runs");
  return (
    <Labelled label={label}>
      {(ids) => (
        <Select {...ids} value={value} onChange={(event) => onChoose(event.target.value)}>
          <option value="">{t("filters.any")}</option>
          {choices.map(([each, text]) => (
            <option key={each} value={each}>
              {text}
            </option>
          ))}
        </Select>
      )}
    </Labelled>
  );
}
