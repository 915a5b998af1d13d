/** Every key of the page, once: for those who handle it, for menus, and for the sheet of keys. */

import { useEffect, useRef } from "react";

export const AREAS = ["everywhere", "flow", "canvas", "outline"] as const;
export type Area = (typeof AREAS)[number];

interface KeyRule {
  keys: readonly string[];
  area: Area;
  /** It also counts while somebody types into a field. */
  whileTyping?: boolean;
}

/** `mod` is ⌘ on a Mac, and Ctrl elsewhere. */
export const KEYS = {
  palette: { keys: ["mod+k"], area: "everywhere", whileTyping: true },
  search: { keys: ["/"], area: "everywhere" },
  sheet: { keys: ["?"], area: "everywhere" },
  close: { keys: ["escape"], area: "everywhere" },
  save: { keys: ["mod+s"], area: "flow", whileTyping: true },
  test: { keys: ["mod+enter"], area: "flow", whileTyping: true },
  undo: { keys: ["mod+z"], area: "flow" },
  redo: { keys: ["mod+shift+z", "mod+y"], area: "flow" },
  copy: { keys: ["mod+c"], area: "flow" },
  cut: { keys: ["mod+x"], area: "flow" },
  paste: { keys: ["mod+v"], area: "flow" },
  duplicate: { keys: ["mod+d"], area: "flow" },
  all: { keys: ["mod+a"], area: "flow" },
  next: { keys: ["f6"], area: "flow", whileTyping: true },
  previous: { keys: ["shift+f6"], area: "flow", whileTyping: true },
  fit: { keys: ["1"], area: "canvas" },
  add: { keys: ["tab"], area: "canvas" },
  open: { keys: ["enter"], area: "canvas" },
  rename: { keys: ["f2"], area: "canvas" },
  remove: { keys: ["delete", "backspace"], area: "canvas" },
  walkLeft: { keys: ["arrowleft"], area: "canvas" },
  walkRight: { keys: ["arrowright"], area: "canvas" },
  walkUp: { keys: ["arrowup"], area: "canvas" },
  walkDown: { keys: ["arrowdown"], area: "canvas" },
  moveLeft: { keys: ["shift+arrowleft"], area: "canvas" },
  moveRight: { keys: ["shift+arrowright"], area: "canvas" },
  moveUp: { keys: ["shift+arrowup"], area: "canvas" },
  moveDown: { keys: ["shift+arrowdown"], area: "canvas" },
  fold: { keys: ["f"], area: "canvas" },
  arrange: { keys: ["a"], area: "canvas" },
  note: { keys: ["n"], area: "canvas" },
  openStep: { keys: ["enter"], area: "outline" },
  renameStep: { keys: ["f2"], area: "outline" },
  removeStep: { keys: ["delete"], area: "outline" },
  addAfter: { keys: ["insert", "+"], area: "outline" },
} as const satisfies Record<string, KeyRule>;

export type KeyName = keyof typeof KEYS;
export type Handlers = Partial<Record<KeyName, (event: KeyEvent) => void>>;

/** What of a keyboard event counts, of the browser's and of React's. */
export type KeyEvent = Pick<
  KeyboardEvent,
  | "key"
  | "ctrlKey"
  | "metaKey"
  | "shiftKey"
  | "altKey"
  | "defaultPrevented"
  | "target"
  | "preventDefault"
>;

const IS_MAC = /Mac OS|iPhone|iPad/.test(navigator.userAgent);

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      (target.matches("input, textarea, select") &&
        !target.matches("[type=checkbox], [type=radio], [type=button]")))
  );
}

export function matches(event: KeyEvent, name: KeyName): boolean {
  const isMod = IS_MAC ? event.metaKey : event.ctrlKey;
  return KEYS[name].keys.some((written) => {
    const parts = written.split("+").filter(Boolean);
    const key = written === "+" ? "+" : (parts.at(-1) ?? "");
    const isSign = key.length === 1 && !/[a-z0-9]/.test(key);
    return (
      event.key.toLowerCase() === key &&
      isMod === parts.includes("mod") &&
      (isSign || event.shiftKey === parts.includes("shift")) &&
      !event.altKey &&
      (!IS_MAC || !event.ctrlKey)
    );
  });
}

const SIGNS: Record<string, string> = {
  mod: IS_MAC ? "⌘" : "Ctrl",
  shift: "⇧",
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  arrowdown: "↓",
  escape: "Esc",
  delete: "Del",
  insert: "Ins",
};

/** A key as it is shown. */
export function keyText(name: KeyName): string {
  const [first] = KEYS[name].keys;
  if (first.length === 1) return first.toUpperCase();
  return first
    .split("+")
    .map((part) => SIGNS[part] ?? part.charAt(0).toUpperCase() + part.slice(1))
    .join(" ");
}

/** Do what belongs to a key, if something does; it is then nobody else's. */
export function handleKey(event: KeyEvent, handlers: Handlers): boolean {
  if (event.defaultPrevented) return false;
  const typing = isTyping(event.target);
  for (const name of Object.keys(handlers) as KeyName[]) {
    const rule: KeyRule = KEYS[name];
    if ((typing && rule.whileTyping !== true) || !matches(event, name)) continue;
    event.preventDefault();
    handlers[name]?.(event);
    return true;
  }
  return false;
}

/** Keys that count wherever the focus is, unless a dialog is open. */
export function useKeys(handlers: Handlers): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (document.querySelector("[role=dialog], [role=alertdialog]") === null) {
        handleKey(event, latest.current);
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
