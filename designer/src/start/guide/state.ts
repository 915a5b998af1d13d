/** The guide through a first flow: whether it is shown, and of which flow, as this browser knows. */

import { create } from "zustand";

import { isObject } from "../../shared/values";
import type { Item } from "./items";

const KEY = "appmixer.guide.";
const NOTHING = { shown: "auto", flowId: null } as const;

interface Guide {
  /** `auto`: where there is nothing yet. */
  shown: "auto" | "always" | "never";
  flowId: string | null;
  /** What is to be pointed at as soon as the flow is on the page. */
  pending: Item | null;
  /** Why a flow that was to run at once does not. */
  failure: { flowId: string; error: unknown } | null;
}

export const useGuide = create<Guide>(() => ({ ...NOTHING, pending: null, failure: null }));

/** Take up the guide of whoever is signed in; nobody else goes on with it in this browser. */
export function openGuide(ownerId: string): void {
  useGuide.setState(stored(ownerId));
  useGuide.subscribe(({ shown, flowId }) => {
    localStorage.setItem(KEY + ownerId, JSON.stringify({ shown, flowId }));
  });
}

function stored(ownerId: string): Pick<Guide, "shown" | "flowId"> {
  const text = localStorage.getItem(KEY + ownerId);
  const read: unknown = text === null ? null : JSON.parse(text);
  if (!isObject(read)) return NOTHING;
  const { shown, flowId } = read;
  return {
    shown: shown === "always" || shown === "never" ? shown : "auto",
    flowId: typeof flowId === "string" ? flowId : null,
  };
}

/** A first flow is there: the guide goes on with it, unless it was sent away or has another. */
export function beginGuide(flowId: string): void {
  const { shown } = useGuide.getState();
  if (shown === "never") return;
  useGuide.setState({ shown: "always", flowId });
}

/** Somebody asks for the guide; without a flow it goes on with the one it had. */
export function callGuide(flowId: string | null): void {
  useGuide.setState((before) => ({ shown: "always", flowId: flowId ?? before.flowId }));
}

export function dismissGuide(): void {
  useGuide.setState({ shown: "never", flowId: null, pending: null });
}

/** Point at where an item is done, as soon as its flow is on the page. */
export function pointLater(item: Item | null): void {
  useGuide.setState({ pending: item });
}

/** Tell on the page of a flow why it did not start; null once that was seen. */
export function tellFailure(failure: Guide["failure"]): void {
  useGuide.setState({ failure });
}
