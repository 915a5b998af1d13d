import { useQuery } from "@tanstack/react-query";

import { useCatalog } from "../../flow/catalog";
import type { FlowDocument } from "../../flow/document";
import { api, take } from "../../shared/api/client";
import { accounts, askAgain, flows } from "../../shared/api/queries";
import { useNotices } from "../../shared/api/stream";
import type { Facts } from "./items";

const RUNS = 20;

/** What the guide can tell of a flow, kept up by the stream. */
export function useFacts(flowId: string | null, document: FlowDocument | null): Facts {
  const catalog = useCatalog();
  const { data: connected = [] } = useQuery(accounts);
  const { data: known } = useQuery(flows);
  const queryKey = ["guide", flowId];
  const { data: runs = [] } = useQuery({
    queryKey,
    enabled: flowId !== null,
    queryFn: async () => {
      const query = { flowId: flowId ?? "", limit: RUNS };
      return (await take(api.GET("/api/runs", { params: { query } }))).runs;
    },
  });
  const again = (told: { flowId: string }) => {
    if (told.flowId === flowId) void askAgain({ queryKey });
  };
  useNotices("run", again);
  useNotices("fate", again);
  const isRunning = known?.flows.find(({ id }) => id === flowId)?.state === "running";
  return { catalog, accounts: connected, document, isRunning, runs };
}
