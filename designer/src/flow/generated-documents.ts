/** Flow documents for tests: all that a document may hold, the same for the same seed. */

import type { FlowDocument, FlowNote, Json, Step } from "./document";

const TYPES = ["appmixer.utilities.SetValues", "appmixer.utilities.Condition", "gone.from.Here"];
const TEXTS = [
  "",
  "Grüße, {{ s0.out.name }}",
  "{{ s0.out.a + 's0' }} {{ '}}' }}",
  '\u{1f600}\n\t"quoted" \\ ',
  "{{",
];

function random(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0;
    return state / 4294967296;
  };
}

export function generated(seed: number): FlowDocument {
  const next = random(seed);
  const below = (most: number) => Math.floor(next() * most);
  const one = <Of>(of: readonly Of[]): Of => of[below(of.length)] as Of;
  const json = (depth: number): Json => {
    switch (below(depth > 2 ? 5 : 8)) {
      case 0:
        return null;
      case 1:
        return next() < 0.5;
      case 2:
        return below(1000) / 4;
      case 3:
      case 4:
        return one(TEXTS);
      case 5:
        return Array.from({ length: below(3) }, () => json(depth + 1));
      case 6:
        return { $literal: one(TEXTS) };
      default:
        return Object.fromEntries(
          Array.from({ length: below(3) }, (_, at) => [`k${at}`, json(depth + 1)]),
        );
    }
  };
  const maybe = (part: object) => (next() < 0.5 ? part : {});
  const place = () => ({ x: below(2000) - 1000, y: below(2000) / 2 });
  const names = Array.from({ length: 1 + below(12) }, (_, at) => `s${at}`);
  const step = (_: string, at: number): Step => ({
    type: one(TYPES),
    ...maybe({ account: one(["acme", null]) }),
    ...(at > 0 && next() < 0.8
      ? { source: { in: { [names[below(at)] ?? ""]: next() < 0.8 ? ["out"] : ["out", "more"] } } }
      : {}),
    ...maybe({ input: { text: one(TEXTS), value: json(0) } }),
    ...maybe({ label: one(["Schritt eins", null]) }),
    ...maybe({ position: place() }),
    ...maybe({ folded: true }),
  });
  const note = (): FlowNote => ({
    text: one(TEXTS),
    ...maybe({ position: place() }),
    ...maybe({ size: { width: 100 + below(200), height: 80.5 } }),
    ...maybe({ color: one(["green", "blue"]) }),
  });
  return {
    name: `Generated ${seed}`,
    ...maybe({ description: one(TEXTS) }),
    components: Object.fromEntries(names.map((name, at) => [name, step(name, at)])),
    ...maybe({
      notes: Object.fromEntries(
        Array.from({ length: 1 + below(3) }, (_, at) => [`n${at}`, note()]),
      ),
    }),
  };
}
