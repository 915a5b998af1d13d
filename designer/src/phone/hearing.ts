/** Waiting for what is written on the phone: the next event that a trigger takes. */

import { useEffect, useRef, useState } from "react";

import type { Component } from "../flow/catalog";
import type { Step } from "../flow/document";
import { api, take } from "../shared/api/client";

const WITHIN_S = 300;

/** What a trigger gave, by port; `nothing` came in time, or nobody waits any longer. */
export type Heard = Readonly<Record<string, unknown>> | "nothing" | "given up";

/** Only the events of an account can be waited for. */
export function canHear(component: Component | undefined): boolean {
  return component?.kind === "trigger" && component.takesAccount;
}

/** Waits for one event at a time, and no longer than the part is on the page. */
export function useHearing() {
  const waiting = useRef<AbortController>(null);
  const [trigger, setTrigger] = useState<string | null>(null);
  const giveUp = () => waiting.current?.abort();
  useEffect(() => () => waiting.current?.abort(), []);
  const hear = async (name: string, component: Component, step: Step): Promise<Heard> => {
    giveUp();
    const { signal } = (waiting.current = new AbortController());
    setTrigger(name);
    try {
      const { status, output } = await take(
        api.POST("/api/components/{type}/hear", {
          params: { path: { type: component.name } },
          body: { account: step.account ?? null, input: step.input ?? {}, withinS: WITHIN_S },
          signal,
        }),
      );
      return status === "heard" ? output : "nothing";
    } catch (error) {
      if (signal.aborted) return "given up";
      throw error;
    } finally {
      setTrigger(null);
    }
  };
  return { hear, giveUp, trigger };
}
