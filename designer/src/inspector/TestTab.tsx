/** Doing a step's work once, with the values of the last run or an example. */

import { useMutation } from "@tanstack/react-query";
import { FlaskConical, SquarePen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Component } from "../flow/catalog";
import { useEditor } from "../flow/editor";
import { Button } from "../shared/ui/Button";
import { ErrorNote, Note } from "../shared/ui/Note";
import { Sign } from "../shared/ui/Sign";
import { Json } from "../shared/ui/Json";
import { useUpstream } from "./expressions/use-upstream";
import style from "./inspector.module.css";
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
  const { given } = useUpstream(name);
  const [isDry, setDry] = useState(component.effect === "write");
  const account = step?.account ?? null;
  const input = step?.input ?? NOTHING;
  const test = useMutation({
    mutationFn: () => tryOnce(component, { account, input, given, dryRun: isDry }),
    onSettled: (tried, refusal) => onRefused({ input, faults: refusedOf(tried, refusal) }),
  });
  const fields = [...refusedOf(test.data, test.error).keys()].map((field) => (
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
      <Button look="main" disabled={test.isPending} onClick={() => test.mutate()}>
        <FlaskConical size={16} aria-hidden />
        {t(test.isPending ? "testing" : "runTest")}
      </Button>
      {test.error !== null && <ErrorNote error={test.error}>{fields}</ErrorNote>}
      {test.data !== undefined && <Result tried={test.data}>{fields}</Result>}
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
