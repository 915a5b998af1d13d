import { useMutation } from "@tanstack/react-query";
import { ChevronRight, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Ago } from "../runs/lines";
import { Value } from "../runs/Value";
import { api, ApiError, take, type Schemas } from "../shared/api/client";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { ErrorNote, Note } from "../shared/ui/Note";
import style from "./events.module.css";

/** One event; it is given to the flows only after a question, and again only after another. */
export function EventItem({ event }: { event: Schemas["Event"] }) {
  const { t } = useTranslation("events");
  const [isOpen, setOpen] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const replay = useMutation({
    mutationFn: (again: boolean) =>
      take(
        api.POST("/api/events/{event_id}/replay", {
          params: { path: { event_id: event.id } },
          body: { again },
        }),
      ),
    onSuccess: () => setAsked(false),
  });
  const done =
    replay.error instanceof ApiError &&
    replay.error.status === 409 &&
    replay.error.field === "again"
      ? replay.error.failure
      : null;
  const ask = () => {
    replay.reset();
    setAsked(true);
  };
  return (
    <li className={style["event"]}>
      <div className={style["head"]}>
        <button
          type="button"
          className={style["title"]}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <ChevronRight size={14} aria-hidden className={style["chevron"]} />
          <span className={style["key"]}>{event.eventId}</span>
        </button>
        {event.duplicates > 0 && (
          <span className="soft">{t("repeats", { count: event.duplicates })}</span>
        )}
        <Ago at={event.receivedAt} />
        <Button isSmall onClick={ask}>
          <RotateCcw size={14} aria-hidden />
          {t("replay")}
        </Button>
      </div>
      {replay.data !== undefined && <Outcome runIds={replay.data.runIds} />}
      {isOpen && (
        <div className={style["content"]}>
          <Value label={t("payload")} value={event.payload} />
          {event.routes.length > 0 && (
            <p className="soft">
              {t("topics")} {event.routes.join(", ")}
            </p>
          )}
        </div>
      )}
      <Dialog title={t("askTitle")} isOpen={isAsked} onClose={() => setAsked(false)}>
        <p>{t("askText")}</p>
        {done !== null && <Note state="advice" title={done.title} cause={done.cause} cure="" />}
        {replay.error !== null && done === null && <ErrorNote error={replay.error} />}
        <DialogActions>
          <Button onClick={() => setAsked(false)}>{t("cancel")}</Button>
          <Button
            look={done !== null ? "danger" : "main"}
            disabled={replay.isPending}
            onClick={() => replay.mutate(done !== null)}
          >
            {t(done !== null ? "again" : "replay")}
          </Button>
        </DialogActions>
      </Dialog>
    </li>
  );
}

function Outcome({ runIds }: { runIds: readonly string[] }) {
  const { t } = useTranslation("events");
  if (runIds.length === 0) {
    return (
      <Note state="advice" title={t("nobody")} cause={t("nobodyCause")} cure={t("nobodyCure")}>
        <Link href="/flows">{t("flows")}</Link>
      </Note>
    );
  }
  return (
    <p role="status" className={style["outcome"]}>
      <RotateCcw size={14} aria-hidden /> <strong>{t("replayed")}</strong>{" "}
      {t("replayedRuns", { count: runIds.length })}{" "}
      {runIds.map((id) => (
        <Link key={id} href={`/runs/${id}`}>
          {t("run", { id: id.slice(0, 8) })}
        </Link>
      ))}
    </p>
  );
}
