/** Adding a step: where it stands, what it follows, and what can be guessed of its input. */

import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import { api, take } from "../shared/api/client";
import { accounts } from "../shared/api/queries";
import { useCatalog, type Catalog, type Component } from "./catalog";
import {
  addStep,
  changeStep,
  connect,
  freeName,
  insertOnLink,
  linksOf,
  moveSteps,
  settled,
  stepsAfter,
  type FlowDocument,
  type Link,
  type Position,
  type Step,
} from "./document";
import { useEditorStore, type Editor } from "./editor";
import { fromEarlier, missing } from "./guessing";

export const STEP_X = 320;
export const STEP_Y = 120;

export interface Place {
  position?: Position;
  /** The port that the step is to follow; null where it is to follow none. */
  after?: { step: string; port: string } | null;
  /** The step that is to follow it. */
  before?: string;
  link?: Link;
}

export type AddStep = (component: Component, place?: Place) => string;

export function useAddStep(): AddStep {
  const editor = useEditorStore();
  const client = useQueryClient();
  const catalog = useCatalog();
  return useCallback(
    (component, place = {}) => {
      const { document, selected, change, reveal } = editor.getState();
      const name = freeName(document, component.name);
      const merge = `add.${name}`;
      const follows =
        place.after === undefined && place.link === undefined
          ? (guessed(document, selected, component, catalog) ?? null)
          : (place.after ?? null);
      change((raw) => {
        const before = settled(raw, editor.getState().places);
        const after = follows?.step ?? place.link?.from;
        const position = place.position ?? freePosition(before, after, place.link?.to);
        const step: Step = { type: component.name, position };
        const placed = linked(addStep(before, name, step), name, component, place, follows);
        const input = fromEarlier(placed, name, component, catalog);
        return changeStep(placed, name, (each) => ({ ...each, input }));
      }, merge);
      reveal(name);
      // What is found out in a moment belongs to the same undo.
      editor.setState({ merging: merge });
      void chooseTheFirst(editor, client, name, component, merge);
      return name;
    },
    [catalog, client, editor],
  );
}

function linked(
  added: FlowDocument,
  name: string,
  component: Component,
  { link, before }: Place,
  follows: { step: string; port: string } | null,
): FlowDocument {
  const main = component.ports.find((port) => port.isMain)?.name;
  if (link !== undefined && component.kind !== "trigger") {
    return main === undefined
      ? connect(added, { from: link.from, port: link.port, to: name })
      : insertOnLink(roomFor(added, link, name), link, name, main);
  }
  const led =
    follows === null || component.kind === "trigger"
      ? added
      : connect(added, { from: follows.step, port: follows.port, to: name });
  return before === undefined || main === undefined
    ? led
    : connect(led, { from: name, port: main, to: before });
}

/** Between two steps that stand close, what follows makes room. */
function roomFor(document: FlowDocument, { from, to }: Link, name: string): FlowDocument {
  const [first, second, own] = [from, to, name].map((each) => document.components[each]?.position);
  if (!first || !second || !own || second.x - first.x >= 2 * STEP_X - 40) return document;
  const by = Math.max(0, own.x + STEP_X - second.x);
  const later = [...stepsAfter(document, [to])].filter((each) => each !== name);
  const places = later.flatMap((each): [string, Position][] => {
    const at = document.components[each]?.position;
    return at && at.x >= second.x ? [[each, { x: at.x + by, y: at.y }]] : [];
  });
  return moveSteps(document, Object.fromEntries(places));
}

/** A step gets the first account of its service, and what then has one choice; unless somebody was quicker. */
async function chooseTheFirst(
  editor: Editor,
  client: QueryClient,
  name: string,
  component: Component,
  merge: string,
): Promise<void> {
  if (component.takesAccount) {
    const connected = await client
      .query({ ...accounts, staleTime: Infinity })
      // The field of the account asks again, and tells what is wrong.
      .catch(() => []);
    const account = connected.find(({ service }) => service === component.connector.id)?.name;
    const { change } = editor.getState();
    if (account !== undefined) {
      change(
        (before) =>
          changeStep(before, name, (each) => (each.account == null ? { ...each, account } : each)),
        merge,
      );
    }
  }
  await chooseTheOnly(editor, client, name, component, merge);
}

/** A required field that has one choice gets it, unless somebody was quicker. */
async function chooseTheOnly(
  editor: Editor,
  client: QueryClient,
  name: string,
  component: Component,
  merge: string,
): Promise<void> {
  const step = editor.getState().document.components[name];
  if (step === undefined || (component.takesAccount && step.account == null)) return;
  const fields = missing(component.schema, step.input ?? {}).filter(
    (field) => component.schema.properties?.[field]?.["x-source"] !== undefined,
  );
  for (const field of fields) {
    const body = {
      type: component.name,
      field,
      account: step.account ?? null,
      input: editor.getState().document.components[name]?.input ?? {},
      search: "",
      after: 0,
    };
    const page = await client
      .query({
        queryKey: ["only", body],
        queryFn: () => take(api.POST("/api/options", { body })),
        staleTime: 60_000,
      })
      // What cannot be asked for now is asked for, and told, by the field itself.
      .catch(() => null);
    const choices = page?.options.filter((each) => !each.isDisabled) ?? [];
    const [only] = choices;
    if (only === undefined || choices.length > 1 || page?.next !== null) continue;
    editor
      .getState()
      .change(
        (before) =>
          changeStep(before, name, (each) =>
            each.input?.[field] === undefined
              ? { ...each, input: { ...each.input, [field]: only.value } }
              : each,
          ),
        merge,
      );
  }
}

/** Without a place, a step follows the one that is selected: at the first way out that is free. */
function guessed(
  document: FlowDocument,
  selected: readonly string[],
  component: Component,
  catalog: Catalog,
): Place["after"] {
  if (component.kind === "trigger") return undefined;
  const [only, second] = selected;
  if (only === undefined || second !== undefined) return undefined;
  const known = catalog.components.get(document.components[only]?.type ?? "");
  const leads = linksOf(document).filter((link) => link.from === only);
  const ports = [...(known?.ports ?? [])].sort((a, b) => Number(b.isMain) - Number(a.isMain));
  const free = ports.find(
    ({ name }) =>
      known?.schema["x-ports"]?.[name]?.["x-when"] === undefined &&
      leads.every(({ port }) => port !== name),
  );
  const port = (free ?? ports[0])?.name;
  return port === undefined ? undefined : { step: only, port };
}

function freePosition(
  document: FlowDocument,
  after: string | undefined,
  next: string | undefined,
): Position {
  const places = Object.values(document.components).flatMap(({ position }) => position ?? []);
  const before = after === undefined ? undefined : document.components[after]?.position;
  const following = next === undefined ? undefined : document.components[next]?.position;
  if (before && following) {
    const hasRoom = following.x - before.x >= 2 * STEP_X - 40;
    return hasRoom
      ? { x: (before.x + following.x) / 2, y: (before.y + following.y) / 2 }
      : { x: before.x + STEP_X, y: following.y };
  }
  const x = before ? before.x + STEP_X : Math.min(0, ...places.map((each) => each.x));
  let y = before?.y ?? 0;
  while (
    places.some((each) => Math.abs(each.x - x) < STEP_X / 2 && Math.abs(each.y - y) < STEP_Y - 20)
  ) {
    y += STEP_Y;
  }
  return { x, y };
}
