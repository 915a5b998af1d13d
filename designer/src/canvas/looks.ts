/** How each step is drawn, kept for as long as nothing of it changes. */

import { useQueries } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";

import { useCatalog, type Catalog } from "../flow/catalog";
import { linksOf, type FlowDocument, type Input, type Step } from "../flow/document";
import { api, take, type Schemas } from "../shared/api/client";
import { lookOf, shownPorts, type StepLook } from "./geometry";

type Ports = Schemas["Port"][];

/** The look of every step, by its name. */
export function useLooks(document: FlowDocument): ReadonlyMap<string, StepLook> {
  const catalog = useCatalog();
  const formed = useFormedPorts(document, catalog);
  const [looksOf] = useState(keptLooks);
  return useMemo(() => looksOf(document, catalog, formed), [catalog, document, formed, looksOf]);
}

/** What looks the same as last time is the same object, and so is the map of all. */
function keptLooks() {
  let keys = new Map<string, string>();
  let looks: ReadonlyMap<string, StepLook> = new Map();
  return (document: FlowDocument, { components }: Catalog, formed: ReadonlyMap<string, Ports>) => {
    const used = new Map<string, Set<string>>();
    for (const { from, port } of linksOf(document)) {
      used.set(from, (used.get(from) ?? new Set()).add(port));
    }
    const [nextKeys, next] = [new Map<string, string>(), new Map<string, StepLook>()];
    let isSame = Object.keys(document.components).length === looks.size;
    for (const [name, step] of Object.entries(document.components)) {
      const component = components.get(step.type);
      const ports = shownPorts(step, component, formed.get(name), used.get(name) ?? new Set());
      const isTrigger = component?.kind === "trigger";
      const isFolded = step.folded === true;
      const key = JSON.stringify([ports, isTrigger, isFolded]);
      const known = looks.get(name);
      const isKnown = keys.get(name) === key && known?.component === component;
      const old = isKnown ? known : undefined;
      isSame &&= old !== undefined;
      nextKeys.set(name, key);
      next.set(name, old ?? { ...lookOf(ports, isTrigger, isFolded), component });
    }
    keys = nextKeys;
    if (!isSame) looks = next;
    return looks;
  };
}

/** The ports of steps where they depend on the input; the last known ones while it is asked. */
function useFormedPorts(document: FlowDocument, catalog: Catalog): ReadonlyMap<string, Ports> {
  const later = useDeferredValue(document);
  const asked = useMemo(
    () =>
      Object.entries(later.components).flatMap(([name, step]) => {
        const form = catalog.components.get(step.type)?.schema["x-form"];
        return form?.ports === true ? [{ name, body: questionOf(step, form.inputs) }] : [];
      }),
    [catalog, later],
  );
  const answers = useQueries({
    queries: asked.map(({ body }) => ({
      queryKey: ["forms", body],
      queryFn: () => take(api.POST("/api/forms", { body })),
      staleTime: Infinity,
      placeholderData: (old: Schemas["ComponentForm"] | undefined) => old,
      retry: false,
    })),
    combine: portsOf,
  });
  return useMemo(
    () =>
      new Map(
        asked.flatMap(({ name }, at): [string, Ports][] => {
          const ports = answers[at];
          return ports === undefined ? [] : [[name, ports]];
        }),
      ),
    [answers, asked],
  );
}

function portsOf(answers: { data?: Schemas["ComponentForm"] | undefined }[]) {
  return answers.map(({ data }) => data?.ports);
}

/** The question has only what the answer depends on, so that other changes ask nothing. */
function questionOf(step: Step, inputs: readonly string[]): Schemas["FormQuery"] {
  const heads = new Set(inputs.map((path) => path.split(/[.[]/)[0]));
  const input: Input = Object.fromEntries(
    Object.entries(step.input ?? {}).filter(([field]) => heads.has(field)),
  );
  return { type: step.type, account: step.account ?? null, input };
}
