/** Doing a step's work once, with the values of the last run or an example. */

import { useMutation } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
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
import { tryOnce } from "./trying";

export function TestTab({ name, component }: { name: string; component: Component }) {
  const { t } = useTranslation("inspector");
  const step = useEditor((state) => state.document.components[name]);
  const { given } = useUpstream(name);
  const [isDry, setDry] = useState(component.effect === "write");
  const test = useMutation({
    mutationFn: () =>
      tryOnce(component, {
        account: step?.account ?? null,
        input: step?.input ?? {},
        given,
        dryRun: isDry,
      }),
  });
  const result = test.data;
  const fate = result !== undefined && "fate" in result ? result.fate : null;
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
      {test.error !== null && <ErrorNote error={test.error} />}
      {result !== undefined && (
        <div role="status" className={style["result"]}>
          {"error" in result && result.error !== null && <Note {...result.error} />}
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
          {"output" in result && (
            <>
              <Sign state={fate?.state ?? result.status} />
              <Json value={result.output} />
            </>
          )}
          {"request" in result && (
            <>
              <h3>{t("request")}</h3>
              <Json value={result.request} />
            </>
          )}
          {"samples" in result && <Json value={result.samples} />}
        </div>
      )}
    </>
  );
}
