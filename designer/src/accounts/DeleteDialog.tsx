/** Asks before an account goes, and names the running flows that stop for it. */

import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { api, take } from "../shared/api/client";
import { queryClient } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { ErrorNote } from "../shared/ui/Note";
import { toast } from "../shared/ui/toasts";
import type { Account } from "./connecting";
import { facts } from "./Facts";
import { deleting, useUsersOf } from "./users";
import style from "./accounts.module.css";

export function DeleteDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const [, navigate] = useLocation();
  const { data: users, error } = useUsersOf(account.id);
  const remove = useMutation({
    mutationKey: deleting(account.id),
    mutationFn: async () => {
      for (const { id } of users ?? []) {
        await take(api.POST("/api/flows/{flow_id}/stop", { params: { path: { flow_id: id } } }));
      }
      // It would be told that there is no such account.
      await queryClient.cancelQueries({ queryKey: facts(account.id).queryKey });
      await api.DELETE("/api/accounts/{account_id}", {
        params: { path: { account_id: account.id } },
      });
    },
    onSuccess: () => {
      toast(t("delete.done", { name: account.name }));
      navigate("/accounts");
    },
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ["flows"] }),
        queryClient.invalidateQueries({ queryKey: ["accounts"] }),
      ]),
  });
  const count = users?.length ?? 0;
  return (
    <Dialog title={t("delete.ask", { name: account.name })} isOpen onClose={onClose}>
      <p>{t("delete.text")}</p>
      {count > 0 && (
        <div>
          <p>{t("delete.stops", { count })}</p>
          <ul className={style["users"]}>
            {users?.map(({ id, name }) => (
              <li key={id}>
                <strong>{name}</strong>
              </li>
            ))}
          </ul>
        </div>
      )}
      {error !== null && <ErrorNote error={error} />}
      {remove.error !== null && <ErrorNote error={remove.error} />}
      <DialogActions>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button
          look="danger"
          disabled={users === undefined || remove.isPending}
          onClick={() => remove.mutate()}
        >
          {count > 0 ? t("delete.stopAndDelete", { count }) : t("delete.button")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
