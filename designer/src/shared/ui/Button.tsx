import type { ButtonHTMLAttributes, ReactNode } from "react";

import { Tip } from "./Tip";
import style from "./ui.module.css";

type Look = "main" | "plain" | "quiet" | "danger";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  isSmall?: boolean;
}

const LOOKS: Record<Look, string | undefined> = {
  main: style["main"],
  plain: undefined,
  quiet: style["quiet"],
  danger: style["danger"],
};

export function classes(...names: (string | false | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

export function buttonClass(look: Look = "plain", isSmall = false): string {
  return classes(style["button"], LOOKS[look], isSmall && style["small"]);
}

export function Button({ look = "plain", isSmall = false, className, ...rest }: Props) {
  return (
    <button type="button" className={classes(buttonClass(look, isSmall), className)} {...rest} />
  );
}

/** A button that shows only an icon; its name is read out, and shown on hover. */
export function IconButton({
  label,
  keys,
  look = "quiet",
  isSmall = false,
  className,
  children,
  ...rest
}: Props & { label: string; keys?: string; children: ReactNode }) {
  return (
    <Tip text={keys === undefined ? label : `${label} (${keys})`}>
      <button
        type="button"
        aria-label={label}
        className={classes(buttonClass(look, isSmall), style["icon"], className)}
        {...rest}
      >
        {children}
      </button>
    </Tip>
  );
}
