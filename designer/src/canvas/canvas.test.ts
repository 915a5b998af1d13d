import { describe, expect, it } from "vitest";

import type { Catalog, Component } from "../flow/catalog";
import type { FlowDocument } from "../flow/document";
import { fromEarlier } from "../flow/guessing";
import { rowsOf } from "../outline/tree";
import { found } from "../palette/search";
import { besideKnown } from "./arranging";
import { fitting, refusalOf } from "./connecting";
import { detailAt } from "./detail";
import { lookOf, shownPorts } from "./geometry";
import { arranged } from "./layout";
import { shortened } from "./summary";
import { walked } from "./walking";

function component(name: string, kind: string, ports: string[], schema: object): Component {
  return {
    name,
    kind,
    label: name,
    description: "",
    group: "",
    keywords: [],
    ports: ports.map((each, at) => ({ name: each, isMain: at === 0, path: [each] })),
    connector: { icon: "", id: "a" },
    schema,
  } as unknown as Component;
}

const heard = component("Heard", "trigger", ["message"], {
  "x-ports": { message: { properties: { from: {}, media: { properties: { id: {} } } } } },
});
const say = component("Say", "action", ["sent", "failed"], {
  required: ["to", "file", "text"],
  properties: {
    to: { "x-from": ["recipient", "from"] },
    file: { "x-from": ["media.id"] },
    text: {},
    wait: { default: false },
  },
  "x-ports": {
    sent: { properties: { recipient: {} } },
    failed: { "x-when": { wait: [true] } },
  },
});
const catalog: Catalog = {
  connectors: [],
  components: new Map([
    ["Heard", heard],
    ["Say", say],
  ]),
};
const flow: FlowDocument = {
  name: "f",
  components: {
    a: { type: "Heard" },
    b: { type: "Say", source: { in: { a: ["message"] } } },
    c: { type: "Say", source: { in: { b: ["sent"] } } },
    d: { type: "Say", source: { in: { a: ["message"] } } },
  },
};

describe("a new step", () => {
  it("is filled from the nearest output that its schema names, best name first", () => {
    expect(fromEarlier(flow, "d", say, catalog)).toEqual({
      to: "{{ a.message.from }}",
      file: "{{ a.message.media.id }}",
    });
    expect(fromEarlier(flow, "c", say, catalog)["to"]).toBe("{{ b.sent.recipient }}");
  });

  it("keeps what is in it already", () => {
    const filled = {
      ...flow,
      components: {
        ...flow.components,
        d: { type: "Say", source: { in: { a: ["message"] } }, input: { to: "me" } },
      },
    };
    expect(fromEarlier(filled, "d", say, catalog)).not.toHaveProperty("to");
  });
});

describe("ports", () => {
  it("are drawn where something can leave, or something leads on", () => {
    const names = (step: object, used: string[] = []) =>
      shownPorts({ type: "Say", ...step }, say, undefined, new Set(used)).map(({ name }) => name);

    expect(names({})).toEqual(["sent"]);
    expect(names({ input: { wait: true } })).toEqual(["sent", "failed"]);
    expect(names({ input: { wait: "{{ x }}" } })).toEqual(["sent", "failed"]);
    expect(names({}, ["failed"])).toEqual(["sent", "failed"]);
  });

  it("that a link names are drawn while nobody knows the component", () => {
    const ports = shownPorts({ type: "gone" }, undefined, undefined, new Set(["odd", "even"]));
    expect(lookOf(ports, false, false).handles.map(({ id }) => id)).toEqual(["in", "odd", "even"]);
  });

  it("make a card higher only when they need more room than it has", () => {
    const port = (name: string) => ({ name, isMain: false, isUsed: true });
    const height = (count: number) =>
      lookOf(
        Array.from({ length: count }, (_, at) => port(`p${at}`)),
        false,
        false,
      ).height;
    expect(height(0)).toBe(height(2));
    expect(height(8)).toBeGreaterThan(height(2));
  });
});

describe("from far away", () => {
  it("a few steps keep their ports, and many are an overview", () => {
    expect([detailAt(0.4, 300), detailAt(0.39, 60), detailAt(0.39, 61)]).toEqual([
      "whole",
      "name",
      "overview",
    ]);
  });
});

describe("links", () => {
  it("are refused to triggers, to the step itself and round in a circle", () => {
    expect(refusalOf(flow, catalog, { from: "b", to: "a" })).toBe("trigger");
    expect(refusalOf(flow, catalog, { from: "b", to: "b" })).toBe("itself");
    expect(refusalOf(flow, catalog, { from: "c", to: "b" })).toBe("round");
    expect(refusalOf(flow, catalog, { from: "b", to: "d" })).toBeNull();
  });

  it("light up where they may end", () => {
    expect([...fitting(flow, catalog, "b", "source")]).toEqual(["c", "d"]);
    expect([...fitting(flow, catalog, "b", "target")]).toEqual(["a", "d"]);
  });
});

describe("arrow keys", () => {
  const places = {
    a: { x: 0, y: 0 },
    b: { x: 300, y: 0 },
    c: { x: 600, y: 0 },
    d: { x: 300, y: 100 },
  };
  it.each([
    ["a", "right", "b"],
    ["c", "left", "b"],
    ["b", "down", "d"],
    ["d", "up", "b"],
    ["c", "right", null],
  ] as const)("lead from %s %s to %s", (from, direction, to) => {
    expect(walked(flow, places, from, direction)).toBe(to);
  });
});

describe("the outline", () => {
  it("shows a step once with what follows it, and refers to it elsewhere", () => {
    const both: FlowDocument = {
      ...flow,
      components: {
        ...flow.components,
        c: { type: "Say", source: { in: { b: ["sent"], d: ["sent"] } } },
      },
    };
    const rows = rowsOf(both, new Set());
    expect(rows.map(({ name, level, isAgain }) => [name, level, isAgain])).toEqual([
      ["a", 1, false],
      ["b", 2, false],
      ["c", 3, false],
      ["d", 2, false],
      ["c", 3, true],
    ]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });

  it("hides what is below a closed step", () => {
    expect(rowsOf(flow, new Set(["a"])).map(({ name }) => name)).toEqual(["a"]);
  });

  it("shows a circle that somebody has written", () => {
    const round: FlowDocument = {
      name: "f",
      components: {
        a: { type: "Say", source: { in: { b: ["sent"] } } },
        b: { type: "Say", source: { in: { a: ["sent"] } } },
      },
    };
    expect(rowsOf(round, new Set()).map(({ name }) => name)).toEqual(["a", "b", "a"]);
  });
});

describe("laying out", () => {
  it("puts what follows to the right, and lets nothing lie on another", () => {
    const places = arranged({
      heights: { a: 80, b: 80, d: 80 },
      width: 240,
      links: [
        { from: "a", to: "b" },
        { from: "a", to: "d" },
      ],
    });
    expect(places["b"]?.x).toBeGreaterThan((places["a"]?.x ?? 0) + 240);
    expect(Math.abs((places["b"]?.y ?? 0) - (places["d"]?.y ?? 0))).toBeGreaterThanOrEqual(80);
  });

  it("puts the ends of branches below one another as the links to them are given", () => {
    const ends = ["e", "b", "d", "a", "c"];
    const places = arranged({
      heights: Object.fromEntries(["first", "a", "b", "c", "d", "e"].map((name) => [name, 80])),
      width: 240,
      links: ends.map((to) => ({ from: "first", to })),
    });
    const sorted = [...ends].sort((a, b) => (places[a]?.y ?? 0) - (places[b]?.y ?? 0));
    expect(sorted).toEqual(ends);
  });

  it("puts what has no place below what has one", () => {
    const known = { a: { x: 500, y: 100 } };
    expect(besideKnown({ a: { x: 0, y: 0 }, b: { x: 320, y: 0 } }, known)).toEqual({
      b: { x: 500, y: 260 },
    });
  });
});

it("A search puts first what it begins", () => {
  const names = ["Send Text", "Text", "Wait"].map((label) => component(label, "action", [], {}));
  expect(found(names, "text").map(({ label }) => label)).toEqual(["Text", "Send Text"]);
});

it("An expression is shown as the word that it ends with", () => {
  expect(shortened("to {{ incoming.message.replyTo }}:\n{{ a + b }}")).toBe("to ‹replyTo›: ‹…›");
});
