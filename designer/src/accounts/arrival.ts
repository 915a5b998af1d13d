/** What a login brought back into this page, until somebody has seen it. */

import { create } from "zustand";

import { arrivalOf, type Arrival } from "./connecting";

// A login always comes back by loading the page anew, so it is read once.
function take(): Arrival | null {
  const { arrival, rest } = arrivalOf(new URL(window.location.href));
  if (arrival !== null) window.history.replaceState(window.history.state, "", rest);
  return arrival;
}

const useArrivals = create<{ arrival: Arrival | null }>(() => ({ arrival: take() }));

/** What has come back from the login of a service, or of any. */
export function useArrival(service?: string): Arrival | null {
  return useArrivals(({ arrival }) =>
    service === undefined || arrival?.service === service ? arrival : null,
  );
}

export function forgetArrival(): void {
  useArrivals.setState({ arrival: null });
}
