/** The installed connectors and their components, as the engine tells them. */

import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../shared/api/client";
import { palette } from "../shared/api/queries";
import type { JsonSchema } from "./schema";

export type Connector = Schemas["Connector"];
export type Component = Omit<Schemas["Component"], "schema"> & {
  schema: JsonSchema;
  connector: Connector;
};

export interface Catalog {
  connectors: Connector[];
  components: ReadonlyMap<string, Component>;
}

const NOTHING: Catalog = { connectors: [], components: new Map() };

const catalogs = new WeakMap<Schemas["ConnectorList"], Catalog>();

export function useCatalog(): Catalog {
  const { data } = useQuery(palette());
  return data === undefined ? NOTHING : catalogOf(data);
}

/** The same one for the same answer, however many parts of the page use it. */
function catalogOf(data: Schemas["ConnectorList"]): Catalog {
  const made = catalogs.get(data);
  if (made !== undefined) return made;
  const components = data.connectors.flatMap((connector) =>
    connector.components.map((each): [string, Component] => [each.name, { ...each, connector }]),
  );
  const catalog = { connectors: data.connectors, components: new Map(components) };
  catalogs.set(data, catalog);
  return catalog;
}

/** The colour of a connector: the one that its icon has most of, or one made of its name. */
export function colorOf(connector: Connector): string {
  const found = /fill=['"]%23([0-9a-f]{6})['"]/i.exec(connector.icon);
  if (found?.[1] !== undefined) return `#${found[1]}`;
  const hue = Array.from(connector.id).reduce(
    (sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360,
    7,
  );
  return `hsl(${hue} 45% 45%)`;
}
