/** What is typed into until the editor of expressions is loaded, which goes on at the same place. */

import { useLayoutEffect, useRef, type RefObject } from "react";

import style from "../inspector.module.css";

/** Where the keyboard was when the field made way; null if it was elsewhere. */
export type Caret = { anchor: number; head: number } | null;

interface Props {
  value: string;
  isMultiline: boolean;
  labelledBy: string;
  describedBy: string;
  isTaken: boolean;
  left: RefObject<Caret>;
  onChange: (value: string) => void;
}

export function PlainText(props: Props) {
  const { value, isMultiline, isTaken, left, onChange } = props;
  const field = useRef<(HTMLInputElement & HTMLTextAreaElement) | null>(null);
  useLayoutEffect(() => {
    const here = field.current;
    if (isTaken) here?.focus();
    return () => {
      left.current =
        here !== null && here === document.activeElement
          ? { anchor: here.selectionStart, head: here.selectionEnd }
          : null;
    };
  }, [isTaken, left]);
  const Control = isMultiline ? "textarea" : "input";
  return (
    <Control
      ref={field}
      className={style["plain"]}
      aria-labelledby={props.labelledBy}
      aria-describedby={props.describedBy}
      value={value}
      onChange={(event: { target: { value: string } }) => onChange(event.target.value)}
    />
  );
}
