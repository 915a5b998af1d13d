/** What is to be seen of a step, from what the API tells of it. */

import type { FoundThing, Key, Step } from "./queries";

const OF_KEY = "configuration ";

/** What was found of the value of one key, where it is set and does not do. */
export function findingOf(key: Key, findings: FoundThing[]): FoundThing | undefined {
  if (!key.isSet) return undefined;
  return findings.find(({ name, state }) => name === OF_KEY + key.key && state === "fault");
}

/** What was found besides: that a key is not set stands at the key already. */
export function otherFindings(step: Step): FoundThing[] {
  const names = new Set(step.keys.map(({ key }) => OF_KEY + key));
  return step.findings.filter(({ name }) => !names.has(name));
}

/** The connectors that lack something which they cannot do without. */
export function lacking<Of extends { keys: Key[] }>(connectors: Of[]): Of[] {
  return connectors.filter(({ keys }) => keys.some((each) => each.isRequired && !each.isSet));
}

/** How the addresses begin that people enter elsewhere. */
export function originOf(steps: Step[]): string | undefined {
  const url = steps.flatMap(({ addresses }) => addresses)[0]?.url;
  return url === undefined ? undefined : new URL(url).origin;
}
