/** What may be set for an account. */

import { useMutation } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";

import { api, ApiError, take } from "../shared/api/client";
import { queryClient } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { DialogActions } from "../shared/ui/Dialog";
import { ErrorNote } from "../shared/ui/Note";
import { toast } from "../shared/ui/toasts";
import style from "./accounts.module.css";
import type { Account } from "./connecting";
import { SettingField, type Setting } from "./SettingField";

type Changes = Record<string, string | boolean | null>;

export function AccountSettings({
  account,
  only = account.availableSettings,
}: {
  account: Account;
  only?: readonly Setting[];
}) {
  const { t } = useTranslation("accounts");
  const [changes, setChanges] = useState<Changes>({});
  const save = useMutation({
    mutationFn: () =>
      take(
        api.PATCH("/api/accounts/{account_id}", {
          params: { path: { account_id: account.id } },
          body: changes,
        }),
      ),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["accounts"] });
      void queryClient.invalidateQueries({ queryKey: ["facts", account.id] });
      setChanges({});
      toast(t("settings.saved"));
    },
  });
  const refused = save.error instanceof ApiError ? save.error : null;
  const isShown = only.some(({ name }) => name === refused?.field);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className={style["form"]} onSubmit={submit} noValidate>
      {only.map((each) => (
        <SettingField
          key={each.name}
          setting={each}
          value={valueOf(account, each, changes)}
          error={
            refused?.field === each.name
              ? `${refused.failure.title}. ${refused.failure.cure}`
              : undefined
          }
          onChange={(value) => setChanges((before) => ({ ...before, [each.name]: value }))}
        />
      ))}
      {save.error !== null && !isShown && <ErrorNote error={save.error} />}
      <DialogActions>
        <Button
          type="submit"
          disabled={save.isPending || Object.keys(changes).length === 0}
          className={style["left"]}
        >
          {t("settings.save")}
        </Button>
      </DialogActions>
    </form>
  );
}

function valueOf(
  account: Account,
  { name, choices }: Setting,
  changes: Changes,
): string | boolean | undefined {
  const changed = changes[name];
  if (changed !== undefined) return changed ?? undefined;
  // What was chosen, by a person or by the service, stands in the profile.
  const value = account.settings[name] ?? (choices.length > 0 ? account.profile[name] : undefined);
  return typeof value === "string" || typeof value === "boolean" ? value : undefined;
}
