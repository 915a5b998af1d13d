/** Where the arrow keys lead: along the links, and up and down between steps side by side. */

import { linksOf, type FlowDocument, type Position } from "../flow/document";

export type Direction = "left" | "right" | "up" | "down";

export function walked(
  document: FlowDocument,
  places: Readonly<Record<string, Position>>,
  from: string,
  direction: Direction,
): string | null {
  const at = places[from];
  if (at === undefined) return null;
  const links = linksOf(document);
  const along =
    direction === "right"
      ? links.filter((link) => link.from === from).map(({ to }) => to)
      : direction === "left"
        ? links.filter((link) => link.to === from).map((link) => link.from)
        : [];
  if (direction === "left" || direction === "right") {
    return nearest(along, places, (place) => Math.abs(place.y - at.y));
  }
  const sign = direction === "up" ? -1 : 1;
  const beyond = Object.keys(document.components).filter((name) => {
    const place = places[name];
    return place !== undefined && (place.y - at.y) * sign > 4;
  });
  return nearest(
    beyond,
    places,
    (place) => Math.abs(place.y - at.y) + 3 * Math.abs(place.x - at.x),
  );
}

function nearest(
  names: readonly string[],
  places: Readonly<Record<string, Position>>,
  distance: (place: Position) => number,
): string | null {
  let [found, least]: [string | null, number] = [null, Infinity];
  for (const name of names) {
    const place = places[name];
    const far = place === undefined ? Infinity : distance(place);
    if (far < least) [found, least] = [name, far];
  }
  return found;
}
