import { describe, expect, it } from "vitest";

import { duplicateSelected } from "./actions";
import type { FlowDocument } from "./document";
import { createEditor, type Editor } from "./editor";

const flow: FlowDocument = {
  name: "f",
  components: { a: { type: "a.Say", position: { x: 0, y: 0 } } },
};

function named(editor: Editor, name: string, merge?: string): void {
  editor.getState().change((before) => ({ ...before, name }), merge);
}

describe("undo", () => {
  it("takes back at once what was typed into one field, and no other", () => {
    const editor = createEditor("f", flow);
    named(editor, "g", "one");
    named(editor, "gh", "one");
    named(editor, "gh!", "other");

    editor.getState().undo();
    expect(editor.getState().document.name).toBe("gh");
    editor.getState().undo();
    expect(editor.getState().document).toBe(flow);
    editor.getState().undo();
    expect(editor.getState().document).toBe(flow);
  });

  it("takes what is typed after another step was chosen by itself", () => {
    const editor = createEditor("f", flow);
    named(editor, "g", "one");
    editor.getState().select(["a"]);
    named(editor, "gh", "one");

    editor.getState().undo();

    expect(editor.getState().document.name).toBe("g");
  });

  it("ends what it takes back: what is typed after it is undone by itself", () => {
    const editor = createEditor("f", flow);
    named(editor, "g");
    named(editor, "gh", "one");
    editor.getState().undo();
    named(editor, "gi", "one");

    editor.getState().undo();

    expect(editor.getState().document.name).toBe("g");
  });

  it("is taken back until something else is done", () => {
    const editor = createEditor("f", flow);
    named(editor, "g", "one");
    editor.getState().undo();
    editor.getState().redo();
    expect(editor.getState().document.name).toBe("g");

    editor.getState().undo();
    named(editor, "h", "one");
    editor.getState().redo();

    expect(editor.getState().document.name).toBe("h");
    editor.getState().undo();
    expect(editor.getState().document).toBe(flow);
  });
});

it("What is duplicated is chosen, and lies on nothing that is there", () => {
  const editor = createEditor("f", flow);
  editor.getState().select(["a"]);

  duplicateSelected(editor);
  expect(editor.getState().selected).toEqual(["a2"]);
  editor.getState().select(["a"]);
  duplicateSelected(editor);

  const places = Object.values(editor.getState().document.components).map((step) => step.position);
  expect(new Set(places.map((at) => JSON.stringify(at))).size).toBe(3);
});
