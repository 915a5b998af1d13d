/** What was done, for a moment; what went wrong stands where it belongs instead. */

import { create } from "zustand";

import style from "./ui.module.css";

const SHOWN_MS = 4_000;
let last = 0;

const useToasts = create<{ toasts: { id: number; text: string }[] }>(() => ({ toasts: [] }));

export function toast(text: string): void {
  last += 1;
  const id = last;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts, { id, text }].slice(-3) }));
  setTimeout(
    () => useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((each) => each.id !== id) })),
    SHOWN_MS,
  );
}

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div className={style["toasts"]} role="status" aria-live="polite">
      {toasts.map(({ id, text }) => (
        <div key={id} className={style["toast"]}>
          {text}
        </div>
      ))}
    </div>
  );
}
