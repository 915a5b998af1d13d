/** Doing a step's work once, with values of the last run, an example or the phone. */

import { useMutation } from "@tanstack/react-query";
import { FlaskConical, SquarePen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useCatalog, type Component } from "../flow/catalog";
import { useEditor, useEditorStore } from "../flow/editor";
import { useHearing, type Heard } from "../phone/hearing";
import { NothingHeard, PhoneWait } from "../phone/PhoneWait";
import { Button } from "../shared/ui/Button";
import { Labelled, Select } from "../shared/ui/Field";
import { useNarrow } from "../shared/ui/narrow";
import { ErrorNote, Note } from "../shared/ui/Note";
import { Sign } from "../shared/ui/Sign";
import { Json } from "../shared/ui/Json";
import style from "./inspector.module.css";
import { useSources } from "./sources";
import { refusedOf, tryOnce, type Refused, type Tried } from "./trying";

const NOTHING = {};

interface Props {
  name: string;
  component: Component;
  onRefused: (refused: Refused) => void;
  /** Somebody wants to see the field. */
  onField: (field: string) => void;
}

export function TestTab({ name, component, onRefused, onField }: Props) {
  const { t } = useTranslation("inspector");
  const step = useEditor((state) => state.document.components[name]);
  const sources = useSources(name, component);
  const [chosen, setChosen] = useState<string>();
  const source = sources.find(({ label }) => label === chosen) ?? sources[0];
  const catalog = useCatalog();
  const editor = useEditorStore();
  const { hear, giveUp, trigger } = useHearing();
  const isNarrow = useNarrow();
  const [isDry, setDry] = useState(component.effect === "write");
  const account = step?.account ?? null;
  const input = step?.input ?? NOTHING;
  const test = useMutation({
    mutationFn: async (): Promise<Tried | Exclude<Heard, object>> => {
      const heard = await heardFor(source?.hears);
      if (typeof heard === "string") return heard;
      if (component.kind === "trigger" && source?.hears !== undefined) {
        return { status: "sample", samples: heard };
      }
      const given = source?.given(heard) ?? {};
      return tryOnce(component, { account, input, given, dryRun: isDry });
    },
    onSettled: (result, refusal) =>
      onRefused({
        input,
        faults: refusedOf(typeof result === "string" ? undefined : result, refusal),
      }),
  });
  const heardFor = async (hears: string | undefined): Promise<Heard> => {
    const before = hears === undefined ? undefined : editor.getState().document.components[hears];
    const kind = catalog.components.get(before?.type ?? "");
    if (hears === undefined || before === undefined || kind === undefined) return {};
    return hear(hears, kind, before);
  };
  const tried = typeof test.data === "string" ? undefined : test.data;
  const fields = [...refusedOf(tried, test.error).keys()].map((field) => (
    <Button key={field} isSmall onClick={() => onField(field)}>
      <SquarePen size={14} aria-hidden />
      {t("openField", { field: titleOf(component, field) })}
    </Button>
  ));
  return (
    <>
      <p className="soft">{t("testHint")}</p>
      {component.kind === "action" && component.effect === "write" && (
        <label className={style["check"]}>
          <input
            type="checkbox"
            checked={isDry}
            onChange={(event) => setDry(event.target.checked)}
          />
          {t("dryRun")}
        </label>
      )}
      {sources.length > 1 && (
        <Labelled label={t("valuesFrom")}>
          {(ids) => (
            <Select
              {...ids}
              value={source?.label}
              disabled={test.isPending}
              onChange={(event) => setChosen(event.target.value)}
            >
              {sources.map(({ label }) => (
                <option key={label}>{label}</option>
              ))}
            </Select>
          )}
        </Labelled>
      )}
      <Button look="main" disabled={test.isPending} onClick={() => test.mutate()}>
        <FlaskConical size={16} aria-hidden />
        {t(test.isPending ? "testing" : "runTest")}
      </Button>
      {test.error !== null && <ErrorNote error={test.error}>{fields}</ErrorNote>}
      {trigger !== null && <PhoneWait trigger={trigger} isAlone={isNarrow} onGiveUp={giveUp} />}
      {test.data === "nothing" && <NothingHeard />}
      {tried !== undefined && <Result tried={tried}>{fields}</Result>}
    </>
  );
}

/** What a test has come to; the children stand at its error. */
function Result({ tried, children }: { tried: Tried; children: React.ReactNode }) {
  const { t } = useTranslation("inspector");
  const fate = "fate" in tried ? tried.fate : null;
  return (
    <div role="status" className={style["result"]}>
      {"error" in tried && tried.error !== null && <Note {...tried.error}>{children}</Note>}
      {fate?.error != null && <Note {...fate.error} />}
      {fate?.reasons.map((each) => (
        <Note
          key={each.name}
          state="advice"
          title={t("nothingMore")}
          cause={each.finding}
          cure={each.cure}
        />
      ))}
      {"output" in tried && (
        <>
          <Sign state={fate?.state ?? tried.status} more={tried.reason} />
          {Object.keys(tried.output).length > 0 && <Json value={tried.output} />}
        </>
      )}
      {"request" in tried && tried.request !== null && (
        <>
          <h3>{t("request")}</h3>
          <Json value={tried.request} />
        </>
      )}
      {"samples" in tried && <Json value={tried.samples} />}
    </div>
  );
}

function titleOf({ schema }: Component, field: string): string {
  const [first = field] = field.split(".");
  return schema.properties?.[first]?.title ?? first;
}
