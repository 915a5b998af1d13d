/** What the doctor finds, of accounts and of the setup, and in which order a person wants it. */

import { queryOptions } from "@tanstack/react-query";

import { api, take, type Schemas } from "../shared/api/client";
import type { FindingState } from "./FindingSign";

export type Found = Schemas["Finding"] & {
  key: string;
  /** Of which account it is, or null for the setup of a connector or of the engine. */
  account: Schemas["Account"] | null;
  /** The connector's id, or null for the engine itself. */
  service: string | null;
};

// Looking asks the services, so it is done once and then when a person wants it; whatever else
// the stream makes the page ask again leaves what was found alone.
const ONCE = {
  enabled: ({ state }: { state: { data?: unknown } }) => state.data === undefined,
  staleTime: Infinity,
  retry: false,
} as const;

export const accountReport = (id: string) =>
  queryOptions({
    queryKey: ["checks", "account", id],
    queryFn: () =>
      take(api.GET("/api/accounts/{account_id}/checks", { params: { path: { account_id: id } } })),
    ...ONCE,
  });

export const setupReport = queryOptions({
  queryKey: ["checks", "setup"],
  queryFn: async () => (await take(api.GET("/api/checks"))).checks,
  ...ONCE,
});

type Readiness = Partial<Pick<Schemas["Ready"], "leftOut">> & Pick<Schemas["NotReady"], "troubles">;

/** The engine's own troubles; it tells them beside a refusal, too. */
export const readiness = queryOptions({
  queryKey: ["readyz"],
  queryFn: async () => (await (await fetch("/readyz")).json()) as Readiness,
});

export const statistics = queryOptions({
  queryKey: ["statistics"],
  queryFn: () => take(api.GET("/api/statistics")),
});

/** Faults before advice before what is fine; within each as it was told. */
export function inOrder(found: readonly Found[]): Record<FindingState, Found[]> {
  const of = (state: FindingState) => found.filter((each) => each.state === state);
  return { fault: of("fault"), advice: of("advice"), fine: of("fine") };
}

export function ofAccount({ account, checks }: Schemas["AccountReport"], cure: string): Found[] {
  const about = { account, service: account.service };
  if (account.state !== "connected") {
    const key = `${account.id} state`;
    const finding = account.reason;
    return [{ key, name: "", state: "fault", finding, cure, mend: "connect", ...about }];
  }
  return checks.map((each, at) => ({ ...each, key: `${account.id} ${at}`, ...about }));
}

export function ofSetup(checks: readonly Schemas["SetupFinding"][]): Found[] {
  return checks.map((each, at) => ({ ...each, key: `setup ${at}`, account: null }));
}

export function ofEngine(ready: Readiness, cure: string): Found[] {
  const fault = (name: string, finding: string): Found => ({
    key: `engine ${name}`,
    name,
    state: "fault",
    finding,
    cure,
    mend: "",
    account: null,
    service: null,
  });
  return [
    ...Object.entries(ready.troubles).map(([name, reason]) => fault(name, `${name}: ${reason}`)),
    ...(ready.leftOut ?? []).map((each) =>
      fault(each.entryPoint, `${each.distribution}: ${each.reason}`),
    ),
  ];
}
