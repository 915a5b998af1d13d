import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Button } from "../shared/ui/Button";
import { useTold } from "../shared/ui/Note";
import { Tip } from "../shared/ui/Tip";
import style from "./flow.module.css";
import { useSaving, useSavingStore } from "./saving-context";

const WORDS = { saved: "saved", saving: "saving", pending: "saving", failed: "unsaved" } as const;

/** Whether the draft is safe, what is wrong with it, and who else has changed it. */
export function SavingSign() {
  const { t } = useTranslation("flow");
  const state = useSaving((now) => now.state);
  const faults = useSaving((now) => now.faults);
  const error = useTold(useSaving((now) => now.error));
  if (state === "conflict") return <Conflict />;
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

function Conflict() {
  const { t } = useTranslation("flow");
  const saving = useSavingStore();
  return (
    <div role="alert" className={style["conflict"]}>
      <strong>{t("conflict.title")}</strong>
      <span>{t("conflict.text")}</span>
      <Button isSmall onClick={() => void saving.takeTheirs("conflict")}>
        {t("conflict.theirs")}
      </Button>
      <Button isSmall onClick={() => void saving.keepMine()}>
        {t("conflict.mine")}
      </Button>
    </div>
  );
}
