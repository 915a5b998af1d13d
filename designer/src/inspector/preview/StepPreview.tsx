/** What a step will do: whom it reaches, and what they will see. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { useTranslation } from "react-i18next";

import type { Component } from "../../flow/catalog";
import type { Input } from "../../flow/document";
import { api, take } from "../../shared/api/client";
import { language } from "../../shared/texts";
import style from "../inspector.module.css";
import { Bubble } from "./Bubble";

interface Props {
  component: Component;
  account: string | null;
  input: Input;
  given: Record<string, Record<string, unknown>>;
}

export function StepPreview({ component, account, input, given }: Props) {
  const { t } = useTranslation("inspector");
  const asked = useDeferredValue({ input, given });
  const { data } = useQuery({
    queryKey: ["preview", component.name, account, asked],
    queryFn: () =>
      take(api.POST("/api/previews", { body: { type: component.name, account, ...asked } })),
    enabled: component.kind === "action",
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  });
  const preview = data?.preview;
  if (preview === undefined || preview === null) return null;
  const country = preview.region === "" ? "" : regionName(preview.region);
  return (
    <section className={style["preview"]} aria-label={t("preview")}>
      <h3>{t("preview")}</h3>
      {preview.recipient !== "" && (
        <p className={style["recipient"]}>
          {t("to", { recipient: preview.recipient })}
          {country !== "" && <span className="soft"> · {country}</span>}
        </p>
      )}
      {preview.bubble.length > 0 ? <Bubble parts={preview.bubble} /> : <p>{preview.summary}</p>}
      {preview.cost !== "" && <p className="soft">{preview.cost}</p>}
      {preview.notes.map((note) => (
        <p key={note} className="soft">
          {note}
        </p>
      ))}
    </section>
  );
}

function regionName(region: string): string {
  return new Intl.DisplayNames([language()], { type: "region" }).of(region) ?? region;
}
