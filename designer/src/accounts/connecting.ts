/** What the ways to connect an account have in common: names, addresses, and how a login ends. */

import type { Connector } from "../flow/catalog";
import type { Schemas } from "../shared/api/client";

export type Account = Schemas["Account"];

/** The page on which a login in a window of its own ends. */
export const ENDED = "/connected";
/** On which that window tells the page behind it how it ended. */
export const CHANNEL = "appmixer.login";
const CONNECTED = "connected";
const CONNECTING = "connecting";
const TICKET = "ticket";
const MAX_NAME_CHARS = 100;
const WINDOW = "popup,width=640,height=800";

/** How the login of a ticket ended: with an account of that name, or with none. */
export interface Ended {
  ticket: string;
  name: string | null;
}

/** What came back into the page that had left for a login. */
export interface Arrival {
  service: string;
  name: string | null;
}

/** A name that no account has yet: what the service is called, and a number where that is taken. */
export function freeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const name = `${wanted} ${number}`;
    if (!taken.includes(name)) return name;
  }
}

/** What is wrong with a name, if anything is. */
export function faultOfName(name: string): "missing" | "long" | "unprintable" | null {
  const plain = name.trim();
  if (plain === "") return "missing";
  if (Array.from(plain).length > MAX_NAME_CHARS) return "long";
  return /[\p{C}\p{Z}]/u.test(plain.replaceAll(" ", "")) ? "unprintable" : null;
}

/** What is another one once an account was connected, or connected again. */
export function proofOf(account: Account | undefined): string {
  if (account === undefined) return "";
  return [account.id, account.state, account.tokenSince].join(" ");
}

/** The account that a login has connected since `before` was its proof. */
export function connectedSince(
  accounts: readonly Account[],
  service: string,
  name: string,
  before: string,
): Account | undefined {
  return accounts.find(
    (each) =>
      each.service === service &&
      each.name === name &&
      each.state === "connected" &&
      proofOf(each) !== before,
  );
}

export function startAddress(connector: Connector, name: string, next: string): string {
  const query = new URLSearchParams({ name: name.trim(), next });
  return `/auth/${encodeURIComponent(connector.auth?.service ?? "")}/start?${query.toString()}`;
}

/** What a login is known by to the page that began it. */
export function newTicket(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

/** Begin a login in a window of its own; whether there is one. */
export function openLogin(connector: Connector, name: string, ticket: string): boolean {
  const next = `${ENDED}?${new URLSearchParams({ [TICKET]: ticket }).toString()}`;
  return window.open(startAddress(connector, name, next), "_blank", WINDOW) !== null;
}

/** Leave for the login; it leads back to the page and step that are open. */
export function leaveForLogin(connector: Connector, name: string): void {
  const { pathname, search } = window.location;
  const query = new URLSearchParams(search);
  query.set(CONNECTING, connector.id);
  window.location.assign(startAddress(connector, name, `${pathname}?${query.toString()}`));
}

/** What an address tells of a login that has led back to it, and the address without that. */
export function arrivalOf(address: URL): { arrival: Arrival | null; rest: string } {
  const query = new URLSearchParams(address.search);
  const service = query.get(CONNECTING);
  const arrival = service === null ? null : { service, name: query.get(CONNECTED) };
  query.delete(CONNECTING);
  query.delete(CONNECTED);
  const left = query.toString();
  return { arrival, rest: address.pathname + (left === "" ? "" : `?${left}`) };
}

/** What the address of a login window's last page tells. */
export function endedOf(address: URL): Ended {
  const query = address.searchParams;
  return { ticket: query.get(TICKET) ?? "", name: query.get(CONNECTED) };
}
