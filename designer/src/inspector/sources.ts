/** Where a step's test takes the values of earlier steps from. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { useCatalog, type Component } from "../flow/catalog";
import { stepsBefore } from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { canHear, type Heard } from "../phone/hearing";
import { useSimulator } from "../phone/PhonePanel";
import { samples } from "../shared/api/queries";
import { upstreamOf, type Upstream } from "./expressions/upstream";
import { useUpstream } from "./expressions/use-upstream";

export type Given = Upstream["given"];

export interface Source {
  label: string;
  /** The trigger whose next event is waited for first. */
  hears?: string;
  /** What earlier steps gave; of one that hears, with what it has heard. */
  given: (heard: Exclude<Heard, string>) => Given;
}

/** What there is to choose from, the usual one first. */
export function useSources(name: string, component: Component): Source[] {
  const { t } = useTranslation("inspector");
  const phone = useTranslation("phone").t;
  const editor = useEditorStore();
  const catalog = useCatalog();
  const simulator = useSimulator();
  const { given } = useUpstream(name);
  const known = useQuery(samples(editor.getState().flowId)).data;
  const document = useEditor((state) => state.document);
  return useMemo(() => {
    const typeOf = (step: string) => catalog.components.get(document.components[step]?.type ?? "");
    const before = stepsBefore(document, name);
    const hearing = component.kind === "trigger" ? [name] : before;
    const phones = hearing
      .filter((step) => simulator !== null && canHear(typeOf(step)))
      .map((step, _, all): Source => {
        const label = all.length > 1 ? `${phone("source")} (${step})` : phone("source");
        const heardBy = (heard: Given[string]) => ({
          ...given,
          [step]: { ...given[step], ...heard },
        });
        return { label, hears: step, given: heardBy };
      });
    if (component.kind === "trigger") {
      return [{ label: t("itsExamples"), given: () => ({}) }, ...phones];
    }
    if (before.length === 0) return [];
    const isKnown = before.some((step) =>
      Object.values(known?.[step]?.ports ?? {}).some(({ source }) => source === "run"),
    );
    const examples = upstreamOf(document, name, catalog, {}).given;
    const trigger = before.find((step) => typeOf(step)?.kind === "trigger");
    const port = typeOf(trigger ?? "")?.ports.find(({ isMain }) => isMain)?.name;
    const kinds = Object.entries(typeOf(trigger ?? "")?.schema["x-samples"] ?? {});
    const ofTrigger =
      trigger === undefined || port === undefined
        ? []
        : kinds.map(([label, value]): Source => ({
            label: t("fromExample", { label }),
            given: () => ({ ...examples, [trigger]: { ...examples[trigger], [port]: value } }),
          }));
    return [
      ...(isKnown ? [{ label: t("fromLast"), given: () => given }] : []),
      ...(ofTrigger.length > 0 ? ofTrigger : [{ label: t("fromExamples"), given: () => examples }]),
      ...phones,
    ];
  }, [catalog, component, document, given, known, name, phone, simulator, t]);
}
