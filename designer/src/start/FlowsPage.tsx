import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { emptyDocument, type FlowDocument } from "../flow/document";
import { api, take } from "../shared/api/client";
import { examples, flows } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Loading, Page } from "../shared/ui/Page";
import style from "./start.module.css";

export default function FlowsPage() {
  const { t } = useTranslation("start");
  const [, navigate] = useLocation();
  const { data, error } = useQuery(flows);
  const offered = useQuery(examples());
  const begin = async (document: FlowDocument) => {
    const id = freeId(document.name, [...(data?.flows ?? []), ...(data?.drafts ?? [])]);
    await take(
      api.PUT("/api/flows/{flow_id}/draft", { params: { path: { flow_id: id } }, body: document }),
    );
    navigate(`/flows/${encodeURIComponent(id)}`);
  };
  const drafts = data?.drafts.filter(({ id }) => !data.flows.some((each) => each.id === id)) ?? [];
  const isEmpty = data !== undefined && data.flows.length + drafts.length === 0;
  const create = (
    <Button look="main" onClick={() => void begin(emptyDocument(t("newName")))}>
      <Plus size={16} aria-hidden />
      {t("new")}
    </Button>
  );
  return (
    <Page title={t("title")} actions={create}>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {isEmpty && (
        <Empty title={t("empty.title")} text={t("empty.text")}>
          {create}
        </Empty>
      )}
      <ul className={style["flows"]}>
        {data?.flows.map((each) => (
          <li key={each.id}>
            <Link href={`/flows/${encodeURIComponent(each.id)}`}>{each.name}</Link>{" "}
            <span className="soft">{t(each.state)}</span>
          </li>
        ))}
        {drafts.map((each) => (
          <li key={each.id}>
            <Link href={`/flows/${encodeURIComponent(each.id)}`}>{each.name || each.id}</Link>{" "}
            <span className="soft">{t("draft")}</span>
          </li>
        ))}
      </ul>
      <h2>{t("examples")}</h2>
      <ul className={style["cards"]}>
        {offered.data?.map((each) => (
          <li key={each.id} className={style["card"]}>
            <h3>{each.name}</h3>
            <p className="soft">{each.description}</p>
            <Button isSmall onClick={() => void begin(each.flow as FlowDocument)}>
              {t("use")}
            </Button>
          </li>
        ))}
      </ul>
    </Page>
  );
}

/** An id for the address bar: the name's letters and digits, and a number where it is taken. */
function freeId(name: string, taken: { id: string }[]): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const stem = plain || "flow";
  const isTaken = (id: string) => taken.some((each) => each.id === id);
  if (!isTaken(stem)) return stem;
  for (let number = 2; ; number += 1) {
    if (!isTaken(`${stem}-${number}`)) return `${stem}-${number}`;
  }
}
