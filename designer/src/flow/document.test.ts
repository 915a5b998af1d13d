import { describe, expect, it } from "vitest";

import { copied, documentIn, paste } from "./clipboard";
import {
  callStep,
  connect,
  disconnect,
  freeName,
  insertOnLink,
  linksOf,
  removeNotes,
  removeSteps,
  renameStep,
  settled,
  stepsBefore,
  wordOf,
  wouldGoRound,
  type FlowDocument,
} from "./document";
import { generated } from "./generated-documents";
import { renamedInText } from "./references";

const flow: FlowDocument = {
  name: "f",
  components: {
    incoming: { type: "a.Heard" },
    ask: {
      type: "a.Ask",
      source: { in: { incoming: ["message"] } },
      input: { to: "{{ incoming.message.from }}" },
    },
    reply: {
      type: "a.Say",
      source: { in: { ask: ["yes", "no"] } },
      input: { text: "{{ ask.yes.text }} incoming", more: [{ to: "{{incoming.message.from}}" }] },
    },
  },
};

describe("renaming", () => {
  const rename = (text: string) => renamedInText(text, new Map([["reply", "answer"]]));

  it.each([
    ["{{ reply.sent.id }}", "{{ answer.sent.id }}"],
    ["reply {{ other.reply.id }} reply", "reply {{ other.reply.id }} reply"],
    ["{{ replyAll.sent }} {{ myreply }}", "{{ replyAll.sent }} {{ myreply }}"],
    ["{{ 'reply' + reply.sent + \"reply\" }}", "{{ 'reply' + answer.sent + \"reply\" }}"],
    ["{{ '}}' + reply.sent }}", "{{ '}}' + answer.sent }}"],
    ["{{ reply(1) + reply.sent }}", "{{ reply(1) + answer.sent }}"],
    ["{{ {'a': reply}.a }}", "{{ {'a': answer}.a }}"],
    ["{{ x.map(y, y + reply.n) }}{{reply}}", "{{ x.map(y, y + answer.n) }}{{answer}}"],
  ])("of a step follows into %s", (text, wanted) => {
    expect(rename(text)).toBe(wanted);
  });

  it("follows into links and expressions, and keeps the order of steps", () => {
    const renamed = renameStep(flow, "incoming", "heard");

    expect(Object.keys(renamed.components)).toEqual(["heard", "ask", "reply"]);
    expect(renamed.components["ask"]?.source).toEqual({ in: { heard: ["message"] } });
    expect(renamed.components["reply"]?.input).toEqual({
      text: "{{ ask.yes.text }} incoming",
      more: [{ to: "{{heard.message.from}}" }],
    });
  });

  it("leaves alone what is marked to be taken as it stands", () => {
    const step = { type: "a.B", input: { text: { $literal: "{{ incoming.x }}" } } };
    const marked = { ...flow, components: { ...flow.components, step } };

    expect(renameStep(marked, "incoming", "heard").components["step"]).toEqual(step);
  });

  it("to a name that another step has, or to none, changes nothing", () => {
    expect(renameStep(flow, "ask", "reply")).toBe(flow);
    expect(renameStep(flow, "ask", "toString")).not.toBe(flow);
    expect(renameStep(flow, "ask", "a b")).toBe(flow);
  });

  it("by words makes them the label, and the name of them", () => {
    const [called, name] = callStep(flow, "ask", "Fragt den Gast: Größe?");

    expect(name).toBe("fragtDenGastGrosse");
    expect(called.components[name]?.label).toBe("Fragt den Gast: Größe?");
    expect(linksOf(called).map(({ to }) => to)).toContain(name);
  });

  it("by one word drops the label that stood in its place", () => {
    const [called] = callStep(flow, "ask", "Ask them");
    const [again, name] = callStep(called, "askThem", "question");

    expect(name).toBe("question");
    expect(again.components["question"]).not.toHaveProperty("label");
  });

  it("to what it is called already changes nothing", () => {
    expect(callStep(flow, "ask", " ask ")[0]).toBe(flow);
  });
});

describe("linking", () => {
  it("twice is linking once", () => {
    const link = { from: "incoming", port: "message", to: "ask" };
    expect(connect(flow, link)).toBe(flow);
  });

  it("and unlinking leaves the document as it was", () => {
    const link = { from: "incoming", port: "message", to: "reply" };
    expect(disconnect(connect(flow, link), link)).toEqual(flow);
    const first = { from: "incoming", port: "message", to: "incoming" };
    expect(disconnect(connect(flow, first), first)).toEqual(flow);
  });

  it("keeps the other ports of a step that one port is unlinked from", () => {
    const cut = disconnect(flow, { from: "ask", port: "yes", to: "reply" });
    expect(cut.components["reply"]?.source).toEqual({ in: { ask: ["no"] } });
  });

  it("in a circle is known before it is done", () => {
    expect(wouldGoRound(flow, "reply", "incoming")).toBe(true);
    expect(wouldGoRound(flow, "incoming", "reply")).toBe(false);
    expect(wouldGoRound(flow, "ask", "ask")).toBe(true);
    expect(stepsBefore(flow, "reply")).toEqual(["ask", "incoming"]);
  });

  it("puts a step into a link", () => {
    const added = { ...flow, components: { ...flow.components, wait: { type: "a.Wait" } } };
    const links = linksOf(
      insertOnLink(added, { from: "incoming", port: "message", to: "ask" }, "wait", "out"),
    );
    expect(links).toContainEqual({ from: "incoming", port: "message", to: "wait" });
    expect(links).toContainEqual({ from: "wait", port: "out", to: "ask" });
    expect(links).not.toContainEqual({ from: "incoming", port: "message", to: "ask" });
  });

  it("ends with a step that is taken away", () => {
    const cut = removeSteps(flow, ["ask"]);
    expect(Object.keys(cut.components)).toEqual(["incoming", "reply"]);
    expect(cut.components["reply"]).not.toHaveProperty("source");
  });
});

describe("naming", () => {
  it.each([
    ["SendText", "sendText"],
    ["Greet the guest", "greetTheGuest"],
    ["4 you", "you"],
    ["日本", ""],
  ])("makes of %s the word %s", (text, word) => {
    expect(wordOf(text)).toBe(word);
  });

  it("does not take what every object has for a step", () => {
    expect(freeName(flow, "a.Ask")).toBe("ask2");
    expect(freeName(flow, "a.Constructor")).toBe("constructor");
  });
});

describe("pasting", () => {
  it("makes names free, and references among what is pasted follow", () => {
    const part = copied(flow, ["ask", "reply"], []);
    const { document, steps } = paste(flow, part, { x: 0, y: 0 });

    expect(steps).toEqual(["ask2", "reply2"]);
    expect(document.components["ask2"]).not.toHaveProperty("source");
    expect(document.components["reply2"]?.source).toEqual({ in: { ask2: ["yes", "no"] } });
    expect(document.components["reply2"]?.input?.["text"]).toBe("{{ ask2.yes.text }} incoming");
    expect(document.components["ask2"]?.input?.["to"]).toBe("{{ incoming.message.from }}");
  });

  it("does not mix up names that are taken by what is pasted with it", () => {
    const part: FlowDocument = {
      name: "",
      components: {
        ask: { type: "a.Ask", input: { x: "{{ ask2.y }}" } },
        ask2: { type: "a.Ask", input: { x: "{{ ask.y }}" } },
      },
    };
    const { document, steps } = paste(flow, part, { x: 0, y: 0 });
    const [first = "", second = ""] = steps;

    expect(new Set([...steps, "ask"]).size).toBe(3);
    expect(document.components[first]?.input?.["x"]).toBe(`{{ ${second}.y }}`);
    expect(document.components[second]?.input?.["x"]).toBe(`{{ ${first}.y }}`);
  });

  it("takes a whole flow, its notes and one that an example wraps", () => {
    const whole = { ...flow, notes: { hint: { text: "Hi", position: { x: 1, y: 2 } } } };
    const read = documentIn(JSON.stringify({ flow: whole }));
    const { document, notes } = paste(whole, read ?? flow, { x: 40, y: 40 });

    expect(notes).toEqual(["hint2"]);
    expect(document.notes?.["hint2"]).toEqual({ text: "Hi", position: { x: 41, y: 42 } });
  });

  it.each(["", "{", "[]", "{}", '{"components": []}', '{"components": {"a": {}}}', "17"])(
    "is not what the text %s is for",
    (text) => {
      expect(documentIn(text)).toBeNull();
    },
  );
});

describe("places", () => {
  it("are written down for what has none, and for nothing that is gone", () => {
    const placed = settled(flow, { ask: { x: 1, y: 2 }, gone: { x: 0, y: 0 } });
    expect(placed.components["ask"]?.position).toEqual({ x: 1, y: 2 });
    expect(settled(placed, { ask: { x: 9, y: 9 } })).toBe(placed);
  });

  it("of the last note go with it", () => {
    expect(removeNotes({ ...flow, notes: { a: { text: "" } } }, ["a"])).toEqual(flow);
  });
});

describe("200 documents", () => {
  const documents = Array.from({ length: 200 }, (_, seed) => generated(seed));

  it("are the same after a step was renamed and named back", () => {
    for (const document of documents) {
      const [name = ""] = Object.keys(document.components);
      const there = renameStep(document, name, "zzRenamed");
      expect(JSON.stringify(renameStep(there, "zzRenamed", name))).toBe(JSON.stringify(document));
    }
  });

  it("are the same after a link was drawn and taken away", () => {
    for (const document of documents) {
      const names = Object.keys(document.components);
      const link = { from: names[0] ?? "", port: "further", to: names.at(-1) ?? "" };
      const there = connect(document, link);
      expect(JSON.stringify(disconnect(there, link))).toBe(JSON.stringify(document));
    }
  });

  it("are the same after being copied as a whole and pasted into nothing", () => {
    for (const document of documents) {
      const read = documentIn(
        JSON.stringify(
          copied(document, Object.keys(document.components), Object.keys(document.notes ?? {})),
        ),
      );
      const empty = { name: document.name, components: {} };
      const { document: pasted } = paste(empty, read ?? empty, { x: 0, y: 0 });
      expect(pasted.components).toEqual(document.components);
      expect(pasted.notes).toEqual(document.notes);
    }
  });
});
