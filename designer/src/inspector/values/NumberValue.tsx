import { useState } from "react";

import style from "../inspector.module.css";
import type { ValueProps } from "./ValueField";

const NUMBER = /^-?\d+(\.\d+)?$/;

/** A number as it is typed; what is none stays visible and is told to be wrong. */
export function NumberValue({ id, value, hint, isInvalid, onChange }: ValueProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const kept = value ?? "";
  const shown = typed ?? (typeof kept === "string" ? kept : JSON.stringify(kept));
  return (
    <input
      className={style["control"]}
      inputMode="decimal"
      id={id}
      aria-describedby={`${id}-help`}
      aria-invalid={isInvalid}
      placeholder={hint}
      value={shown}
      onChange={(event) => {
        const text = event.target.value.trim();
        setTyped(event.target.value);
        onChange(text === "" ? undefined : NUMBER.test(text) ? Number(text) : text);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
