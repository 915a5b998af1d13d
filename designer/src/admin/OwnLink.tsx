import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, take, type Schemas } from "../shared/api/client";
import { useFormat } from "../shared/format";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { ErrorNote } from "../shared/ui/Note";
import style from "./admin.module.css";
import { CopyField } from "./CopyField";

/** A link that signs another browser in as whoever is signed in here. */
export function OwnLink({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("admin");
  const { data, error, mutate, isPending } = useMutation({
    mutationFn: () => take(api.POST("/api/links", { body: { path: "/" } })),
    gcTime: 0,
  });
  return (
    <Dialog title={t("link.title")} isOpen onClose={onClose}>
      <p>{t("link.text")}</p>
      {data !== undefined && <LinkField link={data} label={t("link.label")} />}
      {error !== null && <ErrorNote error={error} />}
      <DialogActions>
        <Button onClick={onClose}>{t("link.close")}</Button>
        {data === undefined && (
          <Button look="main" disabled={isPending} onClick={() => mutate()}>
            {t("link.make")}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

export function LinkField({ link, label }: { link: Schemas["Link"]; label: string }) {
  const { t } = useTranslation("admin");
  const { time } = useFormat();
  return (
    <div className={style["link"]}>
      <CopyField label={label} value={link.url} />
      <p className="soft">{t("link.until", { time: time(link.expiresAt) })}</p>
    </div>
  );
}
