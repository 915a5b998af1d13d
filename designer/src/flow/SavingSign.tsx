import { useMutation } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { ApiError } from "../shared/api/client";
import { Button } from "../shared/ui/Button";
import { ErrorNote, Note, useTold } from "../shared/ui/Note";
import { Tip } from "../shared/ui/Tip";
import style from "./flow.module.css";
import { isSignedOut } from "./saving";
import { useSaving, useSavingStore } from "./saving-context";

const WORDS = { saved: "saved", saving: "saving", pending: "saving", failed: "unsaved" } as const;

/** Whether the draft is safe, what is wrong with it, and who else has changed it. */
export function SavingSign() {
  const { t } = useTranslation("flow");
  const state = useSaving((now) => now.state);
  const faults = useSaving((now) => now.faults);
  const error = useTold(useSaving((now) => now.error));
  if (state === "conflict" || state === "deleted")
    return <Conflict isDeleted={state === "deleted"} />;
  const texts = faults.map(({ path, text }) => `${path}: ${text}`).join("\n");
  return (
    <span className="soft" role="status">
      {state === "failed" ? (
        <Tip text={`${error.title}. ${error.cause} ${error.cure}`}>
          <span tabIndex={0}>{t("unsaved")}</span>
        </Tip>
      ) : (
        t(WORDS[state])
      )}
      {faults.length > 0 && (
        <Tip text={texts}>
          <span className={style["faults"]} tabIndex={0}>
            <CircleAlert size={14} aria-hidden />
            {t("faults", { count: faults.length })}
          </span>
        </Tip>
      )}
    </span>
  );
}

/** Why what is on the page is not saved, where more than the connection stands in the way. */
export function SavingNote() {
  const { t } = useTranslation("flow");
  const error = useSaving((now) => (now.state === "conflict" ? null : now.error));
  if (!(error instanceof ApiError) || error.isOffline) return null;
  if (!isSignedOut(error)) return <ErrorNote error={error} />;
  return (
    <Note title={t("signedOut.title")} cause={t("signedOut.cause")} cure={t("signedOut.cure")} />
  );
}

function Conflict({ isDeleted }: { isDeleted: boolean }) {
  const { t } = useTranslation("flow");
  const [, navigate] = useLocation();
  const saving = useSavingStore();
  const theirs = useMutation({ mutationFn: () => saving.takeTheirs("conflict") });
  return (
    <div role="alert" className={style["conflict"]}>
      <strong>{t(isDeleted ? "deleted.title" : "conflict.title")}</strong>
      <span>{t(isDeleted ? "deleted.text" : "conflict.text")}</span>
      {isDeleted ? (
        <Button isSmall onClick={() => navigate("/flows")}>
          {t("deleted.back")}
        </Button>
      ) : (
        <Button isSmall disabled={theirs.isPending} onClick={() => theirs.mutate()}>
          {t("conflict.theirs")}
        </Button>
      )}
      <Button isSmall onClick={() => void saving.keepMine()}>
        {t("conflict.mine")}
      </Button>
    </div>
  );
}
