import { describe, expect, test } from "vitest";

import type { Catalog, Component } from "../flow/catalog";
import type { FlowDocument } from "../flow/document";
import type { Schemas } from "../shared/api/client";
import { adopted, freeId, freeTitle, needsOf, readFlow } from "./beginning";
import { doneOf, nextOf, type Facts } from "./guide/items";
import { pictureOf } from "./picture";
import { arrangedRows, rowsOf, type Row } from "./rows";

const connector = { id: "acme:chat", label: "Chat" } as Component["connector"];

function component(name: string, rest: Partial<Component>): [string, Component] {
  const known = { name, connector, kind: "action", effect: "write", schema: {}, ...rest };
  return [name, known as Component];
}

const catalog: Catalog = {
  connectors: [connector],
  components: new Map([
    component("heard", { kind: "trigger", needsAccount: true, takesAccount: true }),
    component("say", {
      needsAccount: true,
      takesAccount: true,
      schema: { properties: { from: { "x-source": true }, text: {} } },
    }),
    component("wait", { needsAccount: false, takesAccount: false, effect: "read" }),
  ]),
};

const example: FlowDocument = {
  name: "Greeting",
  components: {
    first: { type: "heard", account: "theirs" },
    pause: { type: "wait", source: { in: { first: ["out"] } } },
    answer: {
      type: "say",
      account: "theirs",
      source: { in: { pause: ["out"] } },
      input: { from: "4711", text: "Hello" },
    },
  },
};

const account = { service: "acme:chat", name: "ours", state: "connected" } as Schemas["Account"];

describe("a flow that begins with an example", () => {
  test("uses the owner's account where the example has one", () => {
    const { components } = adopted(example, catalog, [account], true);

    expect(components["first"]?.account).toBe("ours");
    expect(components["pause"]).toEqual(example.components["pause"]);
    expect(components["answer"]).toEqual({ ...example.components["answer"], account: "ours" });
  });

  test("names no account where the owner has none", () => {
    const { components } = adopted(example, catalog, [], true);

    expect("account" in (components["first"] ?? {})).toBe(false);
    expect(needsOf(example, catalog)).toEqual([connector]);
  });

  test("leaves out what was chosen of the example's account where services are real", () => {
    const mapped = structuredClone(example);
    const { answer } = mapped.components;
    if (answer !== undefined) answer.input = { from: "{{ first.out.number }}", text: "Hello" };

    const chosen = adopted(example, catalog, [account], false).components["answer"];
    const kept = adopted(mapped, catalog, [account], false).components["answer"];

    expect(chosen?.input).toEqual({ text: "Hello" });
    expect(kept?.input).toEqual({ from: "{{ first.out.number }}", text: "Hello" });
  });

  test("has an id and a name that no other flow has", () => {
    const taken = [
      { id: "cafe", name: "Café" },
      { id: "cafe-2", name: "Café 2" },
    ];

    expect(freeId("Café!", taken)).toBe("cafe-3");
    expect(freeId("日本", [])).toBe("flow");
    expect(freeTitle("Café", taken)).toBe("Café 3");
  });
});

test("a file that is no flow is not read, and one without a name is called as its file", () => {
  expect(readFlow("{", "a.json")).toBeNull();
  expect(readFlow('{"components": []}', "a.json")).toBeNull();
  expect(readFlow('{"components": {"a": null}}', "a.json")).toBeNull();
  expect(readFlow('{"components": {"a": {"type": "t", "source": []}}}', "a.json")).toBeNull();
  expect(readFlow('{"components": {"a": {"type": "t", "source": {"in": 7}}}}', "a")).toBeNull();
  expect(readFlow('{"components": {"a": {"type": "t", "position": "left"}}}', "a")).toBeNull();
  expect(readFlow('{"components": {}, "notes": {"a": 7}}', "a.json")).toBeNull();
  expect(readFlow('{"components": {}}', "hello.flow.json")).toEqual({
    name: "hello",
    components: {},
  });
});

describe("the picture of a flow", () => {
  test("stands in columns as the flow goes, where nobody has placed its steps", () => {
    const { boxes, lines } = pictureOf(example);

    expect(boxes.map(({ name, x }) => [name, x])).toEqual([
      ["first", 0],
      ["pause", 330],
      ["answer", 660],
    ]);
    expect(lines).toHaveLength(2);
  });

  test("keeps the places that somebody gave, and shows all of them", () => {
    const placed: FlowDocument = {
      name: "",
      components: {
        a: { type: "heard", position: { x: -900, y: 0 } },
        b: { type: "say", position: { x: 900, y: 500 } },
      },
    };

    const { boxes, view } = pictureOf(placed);

    expect(boxes.map(({ x, y }) => [x, y])).toEqual([
      [-900, 0],
      [900, 500],
    ]);
    expect(view).toEqual({ x: -924, y: -24, width: 2088, height: 644 });
  });

  test("ends for steps that lead in a circle", () => {
    const round: FlowDocument = {
      name: "",
      components: {
        a: { type: "say", source: { in: { b: ["out"] } } },
        b: { type: "say", source: { in: { a: ["out"] } } },
      },
    };

    expect(pictureOf(round).boxes).toHaveLength(2);
  });
});

describe("the list of flows", () => {
  const flow = (id: string, rest: object) =>
    ({ id, name: id, marks: [], reason: "", updatedAt: "2026-01-01", ...rest }) as never;

  test("tells drafts of stored flows from mere drafts, and counts the runs of both", () => {
    const counts = [{ flowId: "a", runs: { completed: 3, failed: 2 } }] as never;
    const list = {
      flows: [flow("a", { state: "running" }), flow("b", { state: "stopped", reason: "No" })],
      drafts: [flow("a", { updatedAt: "2026-02-01" }), flow("c", { name: "" })],
    };

    const rows = rowsOf(list, counts);

    expect(rows.map(({ id, state, hasDraft }) => [id, state, hasDraft])).toEqual([
      ["a", "running", true],
      ["b", "fault", false],
      ["c", "draft", true],
    ]);
    expect(rows[0]).toMatchObject({ runs: 5, failures: 2, changedAt: "2026-02-01" });
  });

  test("finds by all words and sorts as it is told", () => {
    const row = (name: string, rest: Partial<Row>) =>
      ({ id: name, name, changedAt: "", runs: 0, failures: 0, state: "stopped", ...rest }) as Row;
    const rows = [
      row("Greeting 10", { changedAt: "2", runs: 1 }),
      row("Greeting 2", { changedAt: "1", runs: 7 }),
      row("Reminder", { changedAt: "3", state: "fault" }),
    ];
    const names = (...[search, sort]: [string, Parameters<typeof arrangedRows>[2]]) =>
      arrangedRows(rows, search, sort).map(({ name }) => name);

    expect(names("", "changed")).toEqual(["Reminder", "Greeting 10", "Greeting 2"]);
    expect(names("greet", "name")).toEqual(["Greeting 2", "Greeting 10"]);
    expect(names("", "runs")).toEqual(["Greeting 2", "Greeting 10", "Reminder"]);
    expect(names("", "state")[0]).toBe("Reminder");
  });
});

describe("the guide", () => {
  const facts: Facts = { catalog, accounts: [], document: null, isRunning: false, runs: [] };
  const run = (isTest: boolean, fates: Record<string, number>) => ({
    isTest,
    eventId: isTest ? null : 1,
    fates,
  });

  test("ticks only what is really there", () => {
    const done = (changed: Partial<Facts>) => {
      const all = doneOf({ ...facts, ...changed });
      return Object.entries(all).flatMap(([item, isDone]) => (isDone ? [item] : []));
    };

    expect(done({})).toEqual([]);
    expect(done({ accounts: [{ ...account, state: "reconnect" }] })).toEqual([]);
    expect(done({ accounts: [account] })).toEqual(["connect"]);
    expect(done({ document: example })).toEqual(["trigger", "reply"]);
    expect(done({ runs: [run(true, { read: 1 })] })).toEqual(["start"]);
    expect(done({ runs: [run(false, { delivered: 1 })] })).toEqual(["start", "write"]);
    expect(done({ runs: [run(false, { read: 1 })] })).toEqual(["start", "write", "read"]);
  });

  test("leads to the first thing that is not done", () => {
    expect(nextOf(doneOf({ ...facts, accounts: [account] }))).toBe("trigger");
    expect(
      nextOf(
        doneOf({
          ...facts,
          accounts: [account],
          document: example,
          runs: [run(false, { read: 1 })],
        }),
      ),
    ).toBeNull();
  });
});
