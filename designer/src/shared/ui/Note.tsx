import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ApiError, type Schemas } from "../api/client";
import style from "./ui.module.css";

interface Told {
  title: string;
  cause: string;
  cure: string;
}

/** Something to know, where it belongs: title in bold, then cause, then cure. */
export function Note({
  state = "fault",
  title,
  cause,
  cure,
  children,
}: Told & { state?: "fault" | "advice" | "fine"; children?: ReactNode }) {
  return (
    <div className={style["note"]} data-state={state} role={state === "fault" ? "alert" : "note"}>
      <strong>{title}</strong>
      {cause !== "" && <span>{cause}</span>}
      {cure !== "" && <span className="soft">{cure}</span>}
      {children}
    </div>
  );
}

/** Whatever was thrown, as a sentence. */
export function useTold(error: unknown): Told {
  const { t } = useTranslation("errors");
  if (error instanceof ApiError && !error.isOffline) return error.failure;
  if (error instanceof ApiError) {
    return { title: t("offline.title"), cause: t("offline.cause"), cure: t("offline.cure") };
  }
  return { title: t("ours.title"), cause: String(error), cure: t("ours.cure") };
}

/** What is wrong, and where. */
function lineOf({ path, text }: Schemas["Fault"]): string {
  return path === "" ? text : `${path}: ${text}`;
}

export function ErrorNote({ error, children }: { error: unknown; children?: ReactNode }) {
  const told = useTold(error);
  const faults = error instanceof ApiError ? error.faults.map(lineOf) : [];
  const [first = told.cause, ...more] = faults;
  return (
    <Note {...told} cause={first}>
      {more.length > 0 && (
        <ul>
          {more.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {children}
    </Note>
  );
}
