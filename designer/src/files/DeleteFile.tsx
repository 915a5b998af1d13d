import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, type Schemas } from "../shared/api/client";
import { files } from "../shared/api/files";
import { queryClient } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { ErrorNote } from "../shared/ui/Note";
import { toast } from "../shared/ui/toasts";

export function DeleteFile({
  file,
  onClose,
}: {
  file: Schemas["StoredFile"];
  onClose: () => void;
}) {
  const { t } = useTranslation("files");
  const remove = useMutation({
    mutationFn: () =>
      api.DELETE("/api/files/{file_id}", { params: { path: { file_id: file.id } } }),
    onSuccess: async () => {
      toast(t("deleted", { name: file.name }));
      onClose();
      await queryClient.invalidateQueries({ queryKey: files.queryKey });
    },
  });
  return (
    <Dialog title={t("deleteAsk", { name: file.name })} isOpen onClose={onClose}>
      <p>{t("deleteText")}</p>
      {remove.error !== null && <ErrorNote error={remove.error} />}
      <DialogActions>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
          {t("deleteIt")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
