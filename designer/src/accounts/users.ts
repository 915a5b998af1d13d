import { useIsMutating, useQuery } from "@tanstack/react-query";

import { api, take } from "../shared/api/client";

/** What deletes an account is known by this. */
export const deleting = (id: string) => ["delete account", id];

/**
 * The running flows that use an account. They are asked for anew when any flow changes, but not
 * while the account goes: it may be gone already.
 */
export function useUsersOf(id: string) {
  const isGoing = useIsMutating({ mutationKey: deleting(id) }) > 0;
  return useQuery({
    queryKey: ["flows", "of account", id],
    queryFn: async () =>
      (
        await take(
          api.GET("/api/accounts/{account_id}/flows", { params: { path: { account_id: id } } }),
        )
      ).flows,
    enabled: !isGoing,
    staleTime: 0,
  });
}
