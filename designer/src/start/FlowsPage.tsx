/** Where everybody begins: the flows there are, or ways to a first one. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Upload } from "lucide-react";
import { useRef, useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { SetupNotice } from "../admin/SetupNotice";
import { emptyDocument } from "../flow/document";
import { api, take } from "../shared/api/client";
import { askAgain, flows } from "../shared/api/queries";
import { useNotices } from "../shared/api/stream";
import { Boundary } from "../shared/ui/Boundary";
import { Button } from "../shared/ui/Button";
import { ErrorNote, Note } from "../shared/ui/Note";
import { Loading, Page } from "../shared/ui/Page";
import { toast } from "../shared/ui/toasts";
import { begin, readFlow, type Known } from "./beginning";
import { Examples } from "./Examples";
import { FlowList } from "./FlowList";
import { GuideCard } from "./guide/GuideCard";
import { beginGuide, useGuide } from "./guide/state";
import { rowsOf } from "./rows";
import style from "./start.module.css";

const STATISTICS = ["statistics"];
const COUNT_AGAIN_MS = 2_000;

export default function FlowsPage() {
  const { t } = useTranslation("start");
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const { data, error } = useQuery(flows);
  const counts = useCounts();
  const chooser = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const [refused, setRefused] = useState<string[]>([]);
  const rows = data === undefined ? [] : rowsOf(data, counts);
  const isEmpty = data !== undefined && rows.length === 0;
  const shown = useGuide((state) => state.shown);
  const guided = useGuide((state) => state.flowId);
  const isLed = shown === "always" || (shown === "auto" && isEmpty);
  const led = rows.find(({ id }) => id === guided);
  const open = (id: string) => navigate(`/flows/${encodeURIComponent(id)}`);
  const create = useMutation({
    mutationFn: () => begin(emptyDocument(t("newName")), rows),
    onSuccess: (id) => {
      beginGuide(id);
      open(id);
    },
  });
  const bring = useMutation({
    mutationFn: async (files: File[]) => {
      const taken: Known[] = [...rows];
      const wrong: string[] = [];
      for (const file of files) {
        const document = readFlow(await file.text(), file.name);
        if (document === null) wrong.push(file.name);
        else taken.push({ id: await begin(document, taken), name: document.name });
      }
      return { brought: taken.slice(rows.length), wrong };
    },
    onSuccess: ({ brought, wrong }) => {
      setRefused(wrong);
      const [only, second] = brought;
      if (brought.length > 0) toast(t("imported", { count: brought.length }));
      if (only !== undefined && second === undefined && wrong.length === 0) open(only.id);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["flows"] }),
  });
  const drag = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (event.currentTarget === event.target) setOver(false);
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      bring.mutate([...event.dataTransfer.files]);
    },
  };
  const actions = (
    <>
      <Button onClick={() => chooser.current?.click()} disabled={bring.isPending}>
        <Upload size={16} aria-hidden />
        {t("import")}
      </Button>
      <Button look="main" onClick={() => create.mutate()} disabled={create.isPending}>
        <Plus size={16} aria-hidden />
        {t("new")}
      </Button>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        accept=".json,application/json"
        aria-label={t("import")}
        onChange={(event) => {
          bring.mutate([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </>
  );
  const failure = error ?? create.error ?? bring.error;
  return (
    <div className={style["start"]} {...drag}>
      <Page title={t("title")} actions={actions}>
        <SetupNotice />
        {failure !== null && <ErrorNote error={failure} />}
        {refused.length > 0 && (
          <Note
            title={t("refused.title", { files: refused.join(", ") })}
            cause={t("refused.cause")}
            cure={t("refused.cure")}
          />
        )}
        {data === undefined && error === null && <Loading />}
        {data !== undefined && (
          <>
            {isEmpty && <p className={style["welcome"]}>{t("welcome")}</p>}
            {isLed && (
              <Boundary of={led?.etag} fallback={() => null}>
                <GuideCard row={led} onCreate={() => create.mutate()} />
              </Boundary>
            )}
            {!isEmpty && <FlowList rows={rows} />}
            <details className={style["examples"]} open={isEmpty}>
              <summary>
                <h2>{t("examples")}</h2>
                <span className="soft">{t("examplesText")}</span>
              </summary>
              <Examples taken={rows} isLed={isLed} />
            </details>
          </>
        )}
      </Page>
      {isOver && <div className={style["over"]}>{t("dropHere")}</div>}
    </div>
  );
}

/** How often each flow ran in the last day; counted again a moment after a run has changed. */
function useCounts() {
  const waiting = useRef(false);
  const { data } = useQuery({
    queryKey: STATISTICS,
    queryFn: () => take(api.GET("/api/statistics")),
  });
  useNotices("run", () => {
    if (waiting.current) return;
    waiting.current = true;
    window.setTimeout(() => {
      waiting.current = false;
      void askAgain({ queryKey: STATISTICS });
    }, COUNT_AGAIN_MS);
  });
  return data?.day.flows ?? [];
}
