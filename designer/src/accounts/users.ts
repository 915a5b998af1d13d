import { queryOptions } from "@tanstack/react-query";

import { api, take } from "../shared/api/client";

/** The running flows that use an account; they are asked for anew when any flow changes. */
export const usersOf = (id: string) =>
  queryOptions({
    queryKey: ["flows", "of account", id],
    queryFn: async () =>
      (
        await take(
          api.GET("/api/accounts/{account_id}/flows", { params: { path: { account_id: id } } }),
        )
      ).flows,
  });
