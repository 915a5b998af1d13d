import { expect, it, vi } from "vitest";

import { keyText, KEYS, matches, type KeyEvent, type KeyName } from "./keys";

vi.hoisted(() => vi.stubGlobal("navigator", { userAgent: "X11; Linux x86_64" }));

const event = (key: string, held: Partial<KeyEvent> = {}): KeyEvent => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  defaultPrevented: false,
  target: null,
  preventDefault: () => undefined,
  ...held,
});

it("A key counts with exactly what is held down with it", () => {
  expect(matches(event("z", { ctrlKey: true }), "undo")).toBe(true);
  expect(matches(event("Z", { ctrlKey: true, shiftKey: true }), "undo")).toBe(false);
  expect(matches(event("Z", { ctrlKey: true, shiftKey: true }), "redo")).toBe(true);
  expect(matches(event("k"), "palette")).toBe(false);
  expect(matches(event("?", { shiftKey: true }), "sheet")).toBe(true);
  expect(matches(event("+", { shiftKey: true }), "addAfter")).toBe(true);
  expect(matches(event("ArrowLeft", { shiftKey: true }), "moveLeft")).toBe(true);
  expect(matches(event("ArrowLeft", { shiftKey: true }), "walkLeft")).toBe(false);
});

it("No two keys of one area are the same", () => {
  for (const area of ["everywhere", "flow", "canvas", "outline"]) {
    const all = (Object.keys(KEYS) as KeyName[])
      .filter((name) => KEYS[name].area === area)
      .flatMap((name) => KEYS[name].keys);
    expect(new Set(all).size).toBe(all.length);
  }
});

it("A key is shown as people write it", () => {
  expect(keyText("redo")).toBe("Ctrl ⇧ Z");
  expect(keyText("add")).toBe("Tab");
  expect(keyText("moveUp")).toBe("⇧ ↑");
});
