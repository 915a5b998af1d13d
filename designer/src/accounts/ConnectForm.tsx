/** Asks for an account's name, and for its key or token where it is not connected by a login. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Connector } from "../flow/catalog";
import { api, ApiError, take } from "../shared/api/client";
import { me, queryClient } from "../shared/api/queries";
import { Button, buttonClass } from "../shared/ui/Button";
import { DialogActions } from "../shared/ui/Dialog";
import { Labelled, TextInput } from "../shared/ui/Field";
import { ErrorNote, Note } from "../shared/ui/Note";
import style from "./accounts.module.css";
import { faultOfName, freeName, type Account } from "./connecting";
import { fieldsOf, SettingField, type Values } from "./SettingField";

interface Props {
  connector: Connector;
  own: readonly Account[];
  again: Account | undefined;
  onLogin: (name: string) => void;
  onKept: (name: string) => void;
  onClose: () => void;
}

export function ConnectForm({ connector, own, again, onLogin, onKept, onClose }: Props) {
  const { t } = useTranslation("accounts");
  const taken = own.map((each) => each.name);
  const [name, setName] = useState(() => again?.name ?? freeName(connector.label, taken));
  const [isPasting, setPasting] = useState(connector.auth?.type === "apiKey");
  const [wasTried, setTried] = useState(false);
  const [secret, setSecret] = useState("");
  const [settings, setSettings] = useState<Values>({});
  const missing = useMissing(connector);
  const isKey = connector.auth?.type === "apiKey";
  const field = isKey ? "secret" : "accessToken";
  const keep = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/accounts", {
          body: { service: connector.id, name: name.trim(), [field]: secret.trim(), settings },
        }),
      ),
    onSuccess: async (account) => {
      await queryClient.invalidateQueries({ queryKey: ["accounts"] });
      onKept(account.name);
    },
  });
  const refused = keep.error instanceof ApiError ? keep.error : null;
  const told = (at: string) => (refused?.field === at ? sentence(refused) : undefined);
  const fault = faultOfName(name);
  const errors = {
    name: told("name") ?? (wasTried && fault !== null ? t(`name.${fault}`) : undefined),
    secret: told(field) ?? (wasTried && secret.trim() === "" ? t("secret.missing") : undefined),
  };
  const fields = fieldsOf(connector.auth?.settings ?? []);
  const isShown = ["name", field, ...fields.map((each) => each.name)].includes(
    refused?.field ?? "",
  );
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setTried(true);
    if (fault !== null) return;
    if (!isPasting) onLogin(name.trim());
    else if (secret.trim() !== "") keep.mutate();
  };
  if (missing !== null && !isPasting) {
    return (
      <NotSetUp label={connector.label} missing={missing} onClose={onClose}>
        {connector.auth?.token === true && (
          <Button look="quiet" onClick={() => setPasting(true)}>
            {t("useToken")}
          </Button>
        )}
      </NotSetUp>
    );
  }
  return (
    <form className={style["form"]} onSubmit={submit} noValidate>
      <Labelled
        label={t("name.label")}
        help={again === undefined && taken.includes(name.trim()) ? t("name.taken") : t("name.help")}
        error={errors.name}
      >
        {(ids) => (
          <TextInput
            {...ids}
            value={name}
            readOnly={again !== undefined}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Labelled>
      {isPasting && (
        <>
          <Labelled
            label={isKey ? (connector.auth?.keyLabel ?? "") : t("secret.token")}
            help={t("secret.help")}
            error={errors.secret}
          >
            {(ids) => (
              <TextInput
                {...ids}
                type="password"
                value={secret}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setSecret(event.target.value)}
              />
            )}
          </Labelled>
          {fields.map((each) => (
            <SettingField
              key={each.name}
              setting={each}
              value={settings[each.name]}
              error={told(each.name)}
              onChange={(value) => setSettings((before) => withValue(before, each.name, value))}
            />
          ))}
        </>
      )}
      {keep.error !== null && !isShown && <ErrorNote error={keep.error} />}
      {!isPasting && <p className="soft">{t("loginHint", { label: connector.label })}</p>}
      <DialogActions>
        {connector.auth?.token === true && (
          <Button look="quiet" onClick={() => setPasting(!isPasting)} className={style["apart"]}>
            {isPasting ? t("useLogin") : t("useToken")}
          </Button>
        )}
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button look="main" type="submit" disabled={keep.isPending}>
          {isPasting ? t("keep") : t("goOn", { label: connector.label })}
        </Button>
      </DialogActions>
    </form>
  );
}

function withValue(before: Values, name: string, value: string | boolean | null): Values {
  const others = Object.entries(before).filter(([key]) => key !== name);
  return Object.fromEntries(value === null ? others : [...others, [name, value]]);
}

function sentence({ failure }: ApiError): string {
  return [failure.title, failure.cause, failure.cure]
    .filter(Boolean)
    .map((each) => (/[.!?]$/.test(each) ? each : `${each}.`))
    .join(" ");
}

/** What the administrator has not set yet; null where nothing is missing, or nobody may know. */
function useMissing(connector: Connector): string[] | null {
  const who = useQuery(me);
  const { data } = useQuery({
    queryKey: ["configuration", connector.id],
    queryFn: () =>
      take(
        api.GET("/api/configuration/{service}", { params: { path: { service: connector.id } } }),
      ),
    enabled: who.data?.isAdministrator === true && connector.auth?.type === "oauth2",
  });
  const missing = (data?.keys ?? []).filter((each) => each.isRequired && !each.isSet);
  return missing.length === 0 ? null : missing.map((each) => each.label);
}

function NotSetUp({
  label,
  missing,
  onClose,
  children,
}: {
  label: string;
  missing: string[];
  onClose: () => void;
  children: React.ReactNode;
}) {
  const { t } = useTranslation("accounts");
  return (
    <>
      <Note
        title={t("notSetUp.title", { label })}
        cause={t("notSetUp.cause", { missing: missing.join(", ") })}
        cure={t("notSetUp.cure")}
      />
      <DialogActions>
        {children}
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Link href="/admin" className={buttonClass("main")} onClick={onClose}>
          {t("notSetUp.open")}
        </Link>
      </DialogActions>
    </>
  );
}
