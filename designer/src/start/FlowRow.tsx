import { useQuery } from "@tanstack/react-query";
import {
  Copy,
  Download,
  Ellipsis,
  FolderOpen,
  Play,
  Square,
  Trash2,
  TriangleAlert,
  X,
} from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { useFormat } from "../shared/format";
import { Boundary } from "../shared/ui/Boundary";
import { Button, IconButton } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { Menu } from "../shared/ui/Menu";
import { ErrorNote } from "../shared/ui/Note";
import type { Known } from "./beginning";
import { FlowPicture } from "./FlowPicture";
import { documentOf, type Row } from "./rows";
import style from "./start.module.css";
import { StateSign } from "./StateSign";
import { useRowActions } from "./switching";

export function FlowRow({ row, taken }: { row: Row; taken: readonly Known[] }) {
  const { t } = useTranslation("start");
  const format = useFormat();
  const [, navigate] = useLocation();
  const [isAsked, setAsked] = useState(false);
  const { data: document } = useQuery(documentOf(row));
  const { start, stop, duplicate, save, remove, error } = useRowActions(row, taken);
  const address = `/flows/${encodeURIComponent(row.id)}`;
  const isBusy = start.isPending || stop.isPending;
  return (
    <article className={style["row"]} aria-label={row.name}>
      <Link href={address} className={style["rowPicture"] ?? ""} tabIndex={-1} aria-hidden>
        <Boundary of={document} fallback={() => <FlowPicture document={undefined} />}>
          <FlowPicture document={document} />
        </Boundary>
      </Link>
      <div className={style["rowMain"]}>
        <h2>
          <Link href={address}>{row.name}</Link>
        </h2>
        <p className={style["facts"]}>
          <StateSign state={row.state} />
          {row.version !== null && <span>{versionText(row, t)}</span>}
          {row.version !== null && row.hasDraft && <span>{t("hasDraft")}</span>}
          {row.marks.length > 0 && (
            <span className={style["mark"]} title={row.marks.map(({ text }) => text).join("\n")}>
              <TriangleAlert size={14} aria-hidden />
              {t("marks", { count: row.marks.length })}
            </span>
          )}
        </p>
        {error === null && row.reason !== "" && <p className={style["reason"]}>{row.reason}</p>}
      </div>
      <p className={style["counts"]}>
        <span>{t("runs", { count: row.runs, number: format.number(row.runs) })}</span>
        {row.failures > 0 && (
          <Link
            className={style["failures"] ?? ""}
            href={`/runs?flowId=${encodeURIComponent(row.id)}&status=failed`}
          >
            <X size={14} aria-hidden />
            {t("failures", { count: row.failures, number: format.number(row.failures) })}
          </Link>
        )}
      </p>
      <time
        className={style["changed"]}
        dateTime={row.changedAt}
        title={format.exact(row.changedAt)}
      >
        {t("changed", { ago: format.ago(row.changedAt) })}
      </time>
      <div className={style["rowActions"]}>
        {row.state === "running" ? (
          <Button isSmall disabled={isBusy} onClick={() => stop.mutate()}>
            <Square size={14} aria-hidden />
            {t("stop")}
            <span className="unseen">{row.name}</span>
          </Button>
        ) : row.version !== null ? (
          <Button isSmall disabled={isBusy} onClick={() => start.mutate()}>
            <Play size={14} aria-hidden />
            {t("start")}
            <span className="unseen">{row.name}</span>
          </Button>
        ) : null}
        <Menu
          items={[
            {
              label: t("open"),
              icon: <FolderOpen size={16} aria-hidden />,
              onSelect: () => navigate(address),
            },
            {
              label: t("duplicate"),
              icon: <Copy size={16} aria-hidden />,
              onSelect: () => duplicate.mutate(),
            },
            {
              label: t("export"),
              icon: <Download size={16} aria-hidden />,
              onSelect: () => save.mutate(),
            },
            null,
            {
              label: t("delete"),
              icon: <Trash2 size={16} aria-hidden />,
              onSelect: () => setAsked(true),
            },
          ]}
        >
          <IconButton isSmall label={t("moreOf", { name: row.name })}>
            <Ellipsis size={16} aria-hidden />
          </IconButton>
        </Menu>
      </div>
      {error !== null && (
        <div className={style["rowNote"]}>
          <ErrorNote error={error} />
        </div>
      )}
      <Dialog
        title={t("deleteAsk", { name: row.name })}
        isOpen={isAsked}
        onClose={() => setAsked(false)}
      >
        <p>{t(row.state === "draft" ? "deleteDraftText" : "deleteText")}</p>
        <DialogActions>
          <Button onClick={() => setAsked(false)}>{t("cancel")}</Button>
          <Button
            look="danger"
            disabled={remove.isPending}
            onClick={() => remove.mutate(undefined, { onSettled: () => setAsked(false) })}
          >
            {t("deleteFlow")}
          </Button>
        </DialogActions>
      </Dialog>
    </article>
  );
}

function versionText(
  { version, runningVersion }: Row,
  t: ReturnType<typeof useTranslation<"start">>["t"],
): string {
  return runningVersion !== null && runningVersion !== version
    ? t("versions", { running: runningVersion, version })
    : t("version", { version });
}
