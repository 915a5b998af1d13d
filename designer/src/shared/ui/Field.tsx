import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes } from "react";

import { classes } from "./Button";
import style from "./ui.module.css";

/** A label, a control, what it means, and what is wrong with it. */
export function Labelled({
  label,
  help,
  error,
  children,
}: {
  label: string;
  help?: string | undefined;
  error?: string | undefined;
  children: (ids: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => ReactNode;
}) {
  const id = useId();
  return (
    <div className={style["labelled"]}>
      <label className={style["label"]} htmlFor={id}>
        {label}
      </label>
      {children({ id, "aria-describedby": `${id}-help`, "aria-invalid": error !== undefined })}
      <div id={`${id}-help`}>
        {error !== undefined && <p className={style["fieldError"]}>{error}</p>}
        {help !== undefined && help !== "" && <p className="soft">{help}</p>}
      </div>
    </div>
  );
}

export function TextInput({ className, ...rest }: InputHTMLAttributes<HTMLInputElement>) {
  return <input className={classes(style["control"], className)} {...rest} />;
}

export function Select({ className, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return <select className={classes(style["control"], className)} {...rest} />;
}
