/** What the bell tells: the owner's notices, and which of them were seen in this browser. */

import { queryOptions } from "@tanstack/react-query";

import { api, take, type Schemas } from "../shared/api/client";
import { askAgain } from "../shared/api/queries";
import { stream } from "../shared/api/stream";

export type OwnerNotice = Schemas["OwnerNotice"];

const KEY = "appmixer.seenNotices.";
// Hundreds of runs may fail in a second; the bell asks once for all of them.
const BREATH_MS = 1_000;

export const notices = queryOptions({
  queryKey: ["notices"],
  queryFn: async () => (await take(api.GET("/api/notices"))).notices,
});

/** Something seen is new again when it has happened once more. */
export function markOf({ id, since, count }: OwnerNotice): string {
  return [id, since ?? "", count].join(" ");
}

export function unseenOf(
  found: readonly OwnerNotice[],
  seen: readonly string[],
): readonly OwnerNotice[] {
  return found.filter((each) => !seen.includes(markOf(each)));
}

/** What an owner has seen in this browser. */
export function seenBy(ownerId: string): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY + ownerId) ?? "[]");
    return Array.isArray(found) ? found.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

/** Keep what an owner has seen; what is no longer told need not be remembered. */
export function see(ownerId: string, found: readonly OwnerNotice[]): string[] {
  const seen = found.map(markOf);
  localStorage.setItem(KEY + ownerId, JSON.stringify(seen));
  return seen;
}

/** Ask again when something has changed that may be worth a notice. */
export function followNotices(): () => void {
  let timer: number | undefined;
  const soon = () => {
    timer ??= window.setTimeout(() => {
      timer = undefined;
      void askAgain({ queryKey: notices.queryKey });
    }, BREATH_MS);
  };
  const stop = stream.listen((kind, content: { state?: string }) => {
    if (kind === "account" || kind === "flow") soon();
    if (kind === "run" && content.state === "failed") soon();
  });
  return () => {
    stop();
    window.clearTimeout(timer);
  };
}
