/** Adding a step: where it stands, what it follows, and what can be guessed of its input. */

import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../shared/api/client";
import { accounts } from "../shared/api/queries";
import { useCatalog, type Catalog, type Component } from "./catalog";
import {
  addStep,
  connect,
  freeName,
  insertOnLink,
  linksOf,
  type FlowDocument,
  type Link,
  type Position,
  type Step,
} from "./document";
import { useEditorStore } from "./editor";

const STEP_X = 320;
const STEP_Y = 140;

export interface Place {
  position?: Position;
  /** The port that the step is to follow. */
  after?: { step: string; port: string };
  link?: Link;
}

export function useAddStep(): (component: Component, place?: Place) => string {
  const editor = useEditorStore();
  const { data: connected = [] } = useQuery(accounts);
  const catalog = useCatalog();
  return (component, place = {}) => {
    const { document, selected, change, select } = editor.getState();
    const name = freeName(document, component.name);
    const follows = place.after ?? guessed(document, selected, component, catalog);
    change((before) => {
      const step = newStep(component, connected, before, place, follows);
      const added = addStep(before, name, step);
      const main = component.ports.find((port) => port.isMain)?.name;
      if (place.link !== undefined && main !== undefined) {
        return insertOnLink(added, place.link, name, main);
      }
      return follows === undefined
        ? added
        : connect(added, { from: follows.step, port: follows.port, to: name });
    });
    select([name]);
    return name;
  };
}

function newStep(
  component: Component,
  connected: Schemas["Account"][],
  document: FlowDocument,
  place: Place,
  follows: Place["after"],
): Step {
  const own = connected.find(({ service }) => service === component.connector.id);
  const account = component.takesAccount ? own?.name : undefined;
  return {
    type: component.name,
    ...(account === undefined ? {} : { account }),
    input: {},
    position: place.position ?? freePosition(document, follows?.step),
  };
}

/** Without a place, a step follows the one that is selected, if that has one way out. */
function guessed(
  document: FlowDocument,
  selected: readonly string[],
  component: Component,
  catalog: Catalog,
): Place["after"] {
  if (component.kind === "trigger") return undefined;
  const [only, second] = selected;
  if (only === undefined || second !== undefined) return undefined;
  const ports = catalog.components.get(document.components[only]?.type ?? "")?.ports ?? [];
  const port = ports.find(({ isMain }) => isMain)?.name;
  const leads = linksOf(document).some((link) => link.from === only);
  return port === undefined || leads ? undefined : { step: only, port };
}

function freePosition(document: FlowDocument, after: string | undefined): Position {
  const places = Object.values(document.components).flatMap(({ position }) => position ?? []);
  const before = after === undefined ? undefined : document.components[after]?.position;
  const x = before ? before.x + STEP_X : 0;
  let y = before?.y ?? 0;
  while (
    places.some((each) => Math.abs(each.x - x) < STEP_X / 2 && Math.abs(each.y - y) < STEP_Y / 2)
  ) {
    y += STEP_Y;
  }
  return { x, y };
}
