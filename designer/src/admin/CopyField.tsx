import { Check, Copy } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../shared/ui/Button";
import { toast } from "../shared/ui/toasts";
import style from "./admin.module.css";

/** Something to take elsewhere: where the browser does not copy it, it is selected instead. */
export function CopyField({
  label,
  value,
  onCopied,
}: {
  label: string;
  value: string;
  onCopied?: () => void;
}) {
  const { t } = useTranslation("admin");
  const id = useId();
  const shown = useRef<HTMLElement>(null);
  const [outcome, setOutcome] = useState<"copied" | "selected" | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setOutcome("copied");
      toast(t("copy.done", { label }));
    } catch {
      // Not allowed, or a page that is not served securely, which has no clipboard.
      if (shown.current !== null) window.getSelection()?.selectAllChildren(shown.current);
      setOutcome("selected");
    }
    onCopied?.();
  };
  const Icon = outcome === "copied" ? Check : Copy;
  return (
    <div className={style["copy"]} role="group" aria-labelledby={id}>
      <span id={id} className={style["label"]}>
        {label}
      </span>
      <div className={style["copyRow"]}>
        <code ref={shown} className={style["copied"]}>
          {value}
        </code>
        <Button aria-label={t("copy.name", { label })} onClick={() => void copy()}>
          <Icon size={14} aria-hidden />
          {t("copy.copy")}
        </Button>
      </div>
      <p role="status" className={outcome === "selected" ? "soft" : "unseen"}>
        {outcome === "selected" && t("copy.selected")}
      </p>
    </div>
  );
}
