import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Json } from "../../flow/document";
import style from "../inspector.module.css";
import type { ValueProps } from "./ValueField";

/** Any value, as JSON; while it is none it stays in the field and the document keeps the last one. */
export function JsonValue({ id, value, schema, isInvalid, onChange }: ValueProps) {
  const { t } = useTranslation("inspector");
  const [typed, setTyped] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const shown = typed ?? (value === undefined ? "" : JSON.stringify(value, null, 2));
  const change = (text: string) => {
    setTyped(text);
    if (text.trim() === "") {
      setProblem("");
      onChange(undefined);
      return;
    }
    if (text.trim().startsWith("{{")) {
      onChange(text);
      return;
    }
    try {
      onChange(JSON.parse(text) as Json);
      setProblem("");
    } catch (error) {
      setProblem(t("notJson", { message: error instanceof Error ? error.message : "" }));
    }
  };
  const [example] = schema.examples ?? [];
  return (
    <div className={style["grow"]}>
      <textarea
        className={style["code"]}
        id={id}
        rows={5}
        spellCheck={false}
        aria-describedby={`${id}-help`}
        aria-invalid={isInvalid || problem !== ""}
        placeholder={example === undefined ? "" : JSON.stringify(example, null, 2)}
        value={shown}
        onChange={(event) => change(event.target.value)}
        onBlur={() => problem === "" && setTyped(null)}
      />
      {problem !== "" && <p className={style["error"]}>{problem}</p>}
    </div>
  );
}
