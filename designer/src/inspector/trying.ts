import type { Component } from "../flow/catalog";
import { api, take, type Schemas } from "../shared/api/client";

/** Have a component do its work once; in a dry run it only tells what it would ask. */
export function tryOnce(
  component: Component,
  body: Pick<Schemas["ComponentTest"], "account" | "input" | "given" | "dryRun">,
) {
  return take(
    api.POST("/api/components/{type}/test", {
      params: { path: { type: component.name } },
      body,
    }),
  );
}
