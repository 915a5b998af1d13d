import { describe, expect, it } from "vitest";

import { choiceOf, formSchema, groupsOf, isShown, leftOver } from "./schema";

describe("a schema for the form", () => {
  it("draws a field that may be absent as what it is else", () => {
    const made = formSchema({
      properties: {
        to: { anyOf: [{ type: "string", maxLength: 5 }, { type: "null" }], title: "To" },
      },
    });

    expect(made.properties).toEqual({ to: { type: "string", maxLength: 5, title: "To" } });
  });

  it("shows a default and never fills it in", () => {
    const made = formSchema({ properties: { kind: { type: "string", default: "a" } } });

    expect(made.properties).toEqual({ kind: { type: "string", "x-default": "a" } });
  });

  it("takes a text for what can be a text or a number, and a number where that comes first", () => {
    const text = { type: "string" };
    const number = { type: "number" };

    const made = formSchema({
      properties: { a: { anyOf: [text, number] }, b: { anyOf: [number, text] } },
    });

    expect(made.properties).toEqual({ a: { type: "string" }, b: { type: "number" } });
  });

  it("takes any JSON where the schema does", () => {
    const made = formSchema({
      properties: {
        value: { title: "Value" },
        map: { type: "object", additionalProperties: true },
        mixed: { anyOf: [{ type: "array", items: {} }, { type: "object" }, { type: "null" }] },
      },
    });

    expect(made.properties).toEqual({
      value: { title: "Value", type: "string", "x-any": true },
      map: { type: "string", "x-any": true },
      mixed: { type: "string", "x-any": true },
    });
  });
});

describe("a field with conditions", () => {
  const fields = {
    policy: { "x-default": "refuse" },
    template: { "x-when": { policy: ["template"] } },
  };

  it("is hidden as long as the other has another value, or its default", () => {
    expect(isShown(fields.template, {}, fields)).toBe(false);
    expect(isShown(fields.template, { policy: "send" }, fields)).toBe(false);
  });

  it("is shown when the other has that value, or may get it", () => {
    expect(isShown(fields.template, { policy: "template" }, fields)).toBe(true);
    expect(isShown(fields.template, { policy: "{{ a.b }}" }, fields)).toBe(true);
  });
});

it("puts fields without a heading first", () => {
  const groups = groupsOf(["a", "b", "c"], { a: { "x-group": "Options" }, b: {}, c: {} });

  expect(groups).toEqual([
    ["", ["b", "c"]],
    ["Options", ["a"]],
  ]);
});

it("gives a chosen number as a number, and what is no choice as it stands", () => {
  expect(choiceOf({ enum: [30, 90, "never"] }, "90")).toBe(90);
  expect(choiceOf({ enum: [30, 90, "never"] }, "never")).toBe("never");
  expect(choiceOf({ enum: [30] }, "31")).toBe("31");
});

it("has left over what a closed group has no field for, and what is literal is no group", () => {
  const closed = { properties: { a: {} }, additionalProperties: false };

  expect(leftOver(closed, { a: 1, b: 2, constructor: 3, c: undefined })).toEqual([
    "b",
    "constructor",
  ]);
  expect(leftOver(closed, { $literal: { a: 1 } })).toEqual([]);
  expect(leftOver({ properties: { a: {} } }, { b: 2 })).toEqual([]);
});
