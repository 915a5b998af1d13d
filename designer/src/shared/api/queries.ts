/** What the server knows, kept by the query library and refreshed by the stream. */

import {
  QueryClient,
  queryOptions,
  useMutation,
  useQuery,
  type QueryFilters,
  type UseMutationResult,
} from "@tanstack/react-query";

import { language } from "../texts";
import { api, ApiError, take } from "./client";
import { stream } from "./stream";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What is refused stays refused; what did not come through is tried again.
      retry: (count, error) => count < 2 && error instanceof ApiError && error.isOffline,
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: "always" },
  },
});

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: () => take(api.GET("/api/me")),
  staleTime: Infinity,
});

export const palette = () =>
  queryOptions({
    queryKey: ["components", language()],
    queryFn: () => take(api.GET("/api/components")),
    staleTime: Infinity,
  });

export const accounts = queryOptions({
  queryKey: ["accounts"],
  queryFn: async () => (await take(api.GET("/api/accounts"))).accounts,
});

export const flows = queryOptions({
  queryKey: ["flows"],
  queryFn: () => take(api.GET("/api/flows")),
});

export const flow = (id: string) =>
  queryOptions({
    queryKey: ["flows", id],
    queryFn: () => take(api.GET("/api/flows/{flow_id}", { params: { path: { flow_id: id } } })),
  });

export const draft = (id: string) =>
  queryOptions({
    queryKey: ["flows", id, "draft"],
    queryFn: () =>
      take(api.GET("/api/flows/{flow_id}/draft", { params: { path: { flow_id: id } } })),
  });

export const examples = () =>
  queryOptions({
    queryKey: ["examples", language()],
    queryFn: async () => (await take(api.GET("/api/examples"))).examples,
    staleTime: Infinity,
  });

export const functions = () =>
  queryOptions({
    queryKey: ["functions", language()],
    queryFn: async () => (await take(api.GET("/api/functions"))).functions,
    staleTime: Infinity,
  });

export const samples = (id: string) =>
  queryOptions({
    queryKey: ["flows", id, "samples"],
    queryFn: async () =>
      (await take(api.GET("/api/flows/{flow_id}/samples", { params: { path: { flow_id: id } } })))
        .steps,
    retry: false,
  });

export const run = (id: string) =>
  queryOptions({
    queryKey: ["runs", id],
    queryFn: () => take(api.GET("/api/runs/{run_id}", { params: { path: { run_id: id } } })),
  });

/**
 * Ask again for what has changed. What is just being asked for the first time is asked for once
 * more after its answer, which may be older than the news.
 */
export async function askAgain(filters: QueryFilters = {}): Promise<void> {
  const first = queryClient
    .getQueryCache()
    .findAll(filters)
    .filter(({ state }) => state.data === undefined && state.fetchStatus === "fetching");
  await queryClient.invalidateQueries(filters);
  for (const { queryKey } of first) {
    await queryClient.invalidateQueries({ queryKey, exact: true });
  }
}

/** What is kept of the server's state is refreshed when the stream says that it changed. */
export function followStream(): () => void {
  return stream.listen((kind) => {
    switch (kind) {
      case "open":
      case "missed":
        void queryClient.invalidateQueries();
        break;
      case "account":
        void askAgain({ queryKey: ["accounts"] });
        break;
      case "flow":
        void askAgain({ queryKey: ["flows"] });
        break;
      default:
        break;
    }
  });
}

export { useMutation, useQuery, type UseMutationResult };
