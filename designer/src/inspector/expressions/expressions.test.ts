import { expect, it } from "vitest";

import type { Catalog, Component } from "../../flow/catalog";
import { upstreamOf } from "./upstream";
import { tokensOf, wordsFor } from "./tokens";
import { textsIn } from "./use-values";

const trigger = {
  name: "a.Heard",
  label: "Heard",
  kind: "trigger",
  ports: [{ name: "message", isMain: true, path: ["message"] }],
  connector: { icon: "" },
  schema: {
    "x-ports": { message: { $ref: "#/$defs/Message" } },
    "x-samples": { text: { text: { body: "Hi" }, more: [{ id: 1 }] } },
    $defs: {
      Message: {
        properties: {
          text: { title: "Text", properties: { body: { title: "Body", type: "string" } } },
        },
      },
    },
  },
} as unknown as Component;
const catalog: Catalog = { connectors: [], components: new Map([["a.Heard", trigger]]) };
const flow = {
  name: "f",
  components: {
    incoming: { type: "a.Heard" },
    reply: { type: "a.Act", source: { in: { incoming: ["message"] } } },
  },
};

it("offers what an earlier step gives, by its schema and its sample", () => {
  const { steps, given } = upstreamOf(flow, "reply", catalog, {});

  expect(steps[0]?.outputs.map(({ path, title }) => [path, title])).toEqual([
    ["incoming.message.text", "Text"],
    ["incoming.message.more", "more"],
  ]);
  expect(steps[0]?.outputs[0]?.children[0]).toMatchObject({
    path: "incoming.message.text.body",
    sample: "Hi",
    type: "string",
  });
  expect(given).toEqual({ incoming: { message: { text: { body: "Hi" }, more: [{ id: 1 }] } } });
});

it("calls a value by the words for the way to it", () => {
  const { titles } = upstreamOf(flow, "reply", catalog, {});

  expect(wordsFor("incoming.message.text.body", titles)).toBe("Heard › Text › Body");
  expect(wordsFor("incoming.message.more[3].id", titles)).toBe("Heard › more › id");
  expect(wordsFor("size(x)", titles)).toBe("size(x)");
});

it("offers nothing of steps that do not come before", () => {
  expect(upstreamOf(flow, "incoming", catalog, {}).steps).toEqual([]);
});

it("finds expressions in a text", () => {
  expect(tokensOf("Hi {{ a.b }}, {{c}}!")).toEqual([
    { from: 3, to: 12, source: "a.b" },
    { from: 14, to: 19, source: "c" },
  ]);
});

it("finds every text with an expression, by its path", () => {
  const input = {
    to: "{{ a.b }}",
    rules: [{ value: "x {{ c }}" }, { value: "y" }],
    no: { $literal: "{{1}}" },
  };

  expect(textsIn(input)).toEqual({ to: "{{ a.b }}", "rules.0.value": "x {{ c }}" });
});
