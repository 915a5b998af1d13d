import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { api, ApiError, take } from "../shared/api/client";
import { queryClient } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { Labelled, TextInput } from "../shared/ui/Field";
import { ErrorNote } from "../shared/ui/Note";
import style from "./admin.module.css";
import { owners } from "./queries";
import { TokenShown } from "./TokenShown";

export function AddOwner({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("admin");
  const [name, setName] = useState("");
  const add = useMutation({
    mutationFn: () => take(api.POST("/api/owners", { body: { name } })),
    // The answer holds a token, and is not kept beyond this dialog.
    gcTime: 0,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: owners.queryKey }),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    add.mutate();
  };
  if (add.data !== undefined) return <TokenShown issued={add.data} onClose={onClose} />;
  const refused = add.error instanceof ApiError && add.error.field === "name" ? add.error : null;
  return (
    <Dialog title={t("owners.add")} isOpen onClose={onClose}>
      <form onSubmit={submit} className={style["form"]} noValidate>
        <Labelled
          label={t("owners.name")}
          help={t("owners.nameHelp")}
          error={
            refused === null ? undefined : `${refused.failure.title}. ${refused.failure.cause}`
          }
        >
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus
              autoComplete="off"
              value={name}
              onChange={({ target }) => {
                setName(target.value);
                add.reset();
              }}
            />
          )}
        </Labelled>
        {add.error !== null && refused === null && <ErrorNote error={add.error} />}
        <DialogActions>
          <Button onClick={onClose}>{t("key.cancel")}</Button>
          <Button type="submit" look="main" disabled={add.isPending}>
            {t("owners.addNow")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
