/** What only the administrator may ask, and how an answer is learnt of without asking anew. */

import { queryOptions } from "@tanstack/react-query";

import { api, take, type Schemas } from "../shared/api/client";
import { queryClient } from "../shared/api/queries";

export type Key = Schemas["ConfigurationValue"];
export type Step = Schemas["SetupStep"];
export type FoundThing = Schemas["Finding"];

/** To ask is to test; whoever comes back from where something was done sees it ticked. */
export const setup = queryOptions({
  queryKey: ["setup"],
  queryFn: () => take(api.GET("/api/setup")),
  staleTime: 0,
  refetchOnWindowFocus: "always",
});

export const configuration = queryOptions({
  queryKey: ["configuration"],
  queryFn: async () => (await take(api.GET("/api/configuration"))).connectors,
});

export const owners = queryOptions({
  queryKey: ["owners"],
  queryFn: async () => (await take(api.GET("/api/owners"))).owners,
});

export const tokens = (name: string) =>
  queryOptions({
    queryKey: ["owners", name, "tokens"],
    queryFn: async () =>
      (await take(api.GET("/api/owners/{name}/tokens", { params: { path: { name } } }))).tokens,
  });

export const statistics = queryOptions({
  queryKey: ["statistics"],
  queryFn: () => take(api.GET("/api/statistics")),
  refetchInterval: 15_000,
});

/** Not to be ready is an answer, too. */
export const readiness = queryOptions({
  queryKey: ["readiness"],
  queryFn: async (): Promise<Schemas["Ready"] | Schemas["NotReady"]> =>
    (await (await fetch("/readyz")).json()) as Schemas["Ready"] | Schemas["NotReady"],
  refetchInterval: 15_000,
});

export async function storeValue(service: string, key: string, value: string): Promise<void> {
  const params = { path: { service, key } };
  learn(
    service,
    await take(api.PUT("/api/configuration/{service}/{key}", { params, body: { value } })),
  );
}

export async function removeValue(service: string, key: string): Promise<void> {
  const params = { path: { service, key } };
  learn(service, await take(api.DELETE("/api/configuration/{service}/{key}", { params })));
}

/** Put what is set now where it is shown; what the connector finds of it is asked anew. */
function learn(service: string, { key, isSet, source, value }: Key): void {
  const learnt = (each: Key): Key => (each.key === key ? { ...each, isSet, source, value } : each);
  queryClient.setQueryData(configuration.queryKey, (known) =>
    known?.map((each) =>
      each.service === service ? { ...each, keys: each.keys.map(learnt) } : each,
    ),
  );
  queryClient.setQueryData(
    setup.queryKey,
    (known) =>
      known && {
        ...known,
        steps: known.steps.map((each) =>
          each.service === service ? { ...each, keys: each.keys.map(learnt) } : each,
        ),
      },
  );
  for (const queryKey of [setup.queryKey, configuration.queryKey, ["checks"]]) {
    void queryClient.invalidateQueries({ queryKey });
  }
}
