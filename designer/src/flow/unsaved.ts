/**
 * What this browser has of an owner's flows that never reached the engine: each page keeps its own,
 * and a page that is opened goes on with what is left of one that is gone.
 */

import { isObject } from "../shared/values";
import type { FlowDocument } from "./document";

interface Kept {
  document: FlowDocument;
  etag: string | null;
  at: number;
}

interface Found extends Kept {
  key: string;
  page: string;
}

const TAB = "appmixer.page";
const LOCK = "appmixer.page.";
const page = Array.from(crypto.getRandomValues(new Uint32Array(3)), (each) =>
  each.toString(36),
).join("");
/** The page that this tab showed before, as before a reload. */
const before = sessionStorage.getItem(TAB);
sessionStorage.setItem(TAB, page);
// The browser gives it back when the page is gone, however it went.
if ("locks" in navigator) void navigator.locks.request(LOCK + page, () => new Promise(() => null));

/** The pages that are open now; none where the browser does not tell. */
async function openPages(): Promise<ReadonlySet<string>> {
  const { held = [] } = "locks" in navigator ? await navigator.locks.query() : {};
  return new Set(held.map(({ name = "" }) => name.replace(LOCK, "")));
}

export class Unsaved {
  /** Where that lies which this page goes on with, until it has a copy of its own. */
  private source: string | null = null;

  private constructor(
    readonly ownerId: string,
    private readonly prefix: string,
    private readonly open: ReadonlySet<string>,
  ) {}

  static async of(ownerId: string, flowId: string): Promise<Unsaved> {
    return new Unsaved(ownerId, `appmixer.unsaved.${ownerId}.${flowId}.`, await openPages());
  }

  /** What this page is to go on with: its own, or the newest of pages that are gone. */
  left(): Kept | null {
    const found = Object.keys(localStorage)
      .filter((key) => key.startsWith(this.prefix))
      .flatMap((key) => this.at(key));
    const rank = (each: Found) => (each.page === page ? 0 : each.page === before ? 1 : 2);
    const [first] = found.sort((one, other) => rank(one) - rank(other) || other.at - one.at);
    if (first === undefined) return null;
    this.source = first.key;
    return first;
  }

  keep(document: FlowDocument, etag: string | null): void {
    const kept: Kept = { document, etag, at: Date.now() };
    try {
      localStorage.setItem(this.prefix + page, JSON.stringify(kept));
    } catch {
      // There is no room: what was there stays, and the engine is sent this one all the same.
      return;
    }
    this.leaveSource();
  }

  /** The engine has it. */
  drop(): void {
    localStorage.removeItem(this.prefix + page);
    this.leaveSource();
  }

  private at(key: string): Found[] {
    const name = key.slice(this.prefix.length);
    // A dot stands in the keys of a flow whose id goes on where this one ends.
    const isOthers = name.includes(".") || (name !== before && this.open.has(name));
    if (isOthers && name !== page) return [];
    const read: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return isObject(read) ? [{ ...(read as unknown as Kept), key, page: name }] : [];
  }

  private leaveSource(): void {
    if (this.source !== null && this.source !== this.prefix + page) {
      localStorage.removeItem(this.source);
    }
    this.source = null;
  }
}
