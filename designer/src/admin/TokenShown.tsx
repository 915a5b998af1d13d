import { useMutation } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, take, type Schemas } from "../shared/api/client";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { ErrorNote, Note } from "../shared/ui/Note";
import { CopyField } from "./CopyField";
import { LinkField } from "./OwnLink";

/** A new token, this once; while it is at hand, a link for its owner's browser can be made. */
export function TokenShown({
  issued: { name, token },
  onClose,
}: {
  issued: Schemas["IssuedToken"];
  onClose: () => void;
}) {
  const { t } = useTranslation("admin");
  const [isTaken, setTaken] = useState(false);
  const link = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/links", {
          body: { path: "/" },
          headers: { Authorization: `Bearer ${token}` },
        }),
      ),
    gcTime: 0,
  });
  return (
    // A slip of the hand does not throw away what cannot be shown again.
    <Dialog title={t("token.of", { name })} isOpen onClose={() => isTaken && onClose()}>
      <Note state="advice" title={t("token.once")} cause={t("token.keep")} cure="" />
      <CopyField label={t("token.token")} value={token} onCopied={() => setTaken(true)} />
      {link.data === undefined ? (
        <Button disabled={link.isPending} onClick={() => link.mutate()}>
          <Link2 size={16} aria-hidden />
          {t("token.link", { name })}
        </Button>
      ) : (
        <LinkField link={link.data} label={t("token.linkFor", { name })} />
      )}
      {link.error !== null && <ErrorNote error={link.error} />}
      <DialogActions>
        <Button look="main" onClick={onClose}>
          {t("token.done")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
