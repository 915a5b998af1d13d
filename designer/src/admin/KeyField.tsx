import { useMutation } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { useId, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { ApiError } from "../shared/api/client";
import { Button, IconButton } from "../shared/ui/Button";
import { TextInput } from "../shared/ui/Field";
import { useTold } from "../shared/ui/Note";
import { toast } from "../shared/ui/toasts";
import style from "./admin.module.css";
import { Confirm } from "./Confirm";
import { SourceMark } from "./Marks";
import { removeValue, storeValue, type FoundThing, type Key } from "./queries";

interface Props {
  service: string;
  value: Key;
  /** What the connector finds wrong with what is set. */
  finding?: FoundThing | undefined;
}

/** One key: what it means, where its value comes from, and a field for another. */
export function KeyField({ service, value, finding }: Props) {
  const { t } = useTranslation("admin");
  const id = useId();
  const [isReplacing, setReplacing] = useState(false);
  const [wasHere, setWasHere] = useState(false);
  const isHidden = value.isSecret && value.source === "stored" && !isReplacing;
  const replace = (now: boolean) => {
    setWasHere(true);
    setReplacing(now);
  };
  return (
    <div className={style["key"]} data-key={value.key}>
      <div className={style["keyHead"]}>
        <label id={`${id}-label`} className={style["label"]} htmlFor={id}>
          {value.label}
        </label>
        <SourceMark value={value} />
      </div>
      {value.source === "environment" ? (
        <FromEnvironment id={id} value={value} />
      ) : isHidden ? (
        <div className={style["row"]}>
          <span className={style["isSet"]}>{t("key.isSet")}</span>
          <Button
            id={id}
            aria-label={t("key.replaceName", { label: value.label })}
            autoFocus={wasHere}
            onClick={() => replace(true)}
          >
            {t("key.replace")}
          </Button>
          <Reset service={service} value={value} />
        </div>
      ) : (
        <Entry
          id={id}
          service={service}
          value={value}
          isFirst={isReplacing}
          onSaved={() => replace(false)}
          onCancel={isReplacing ? () => replace(false) : undefined}
        />
      )}
      <div id={`${id}-help`} className={style["help"]}>
        {finding !== undefined && (
          <p className={style["error"]}>
            {finding.finding} {finding.cure}
          </p>
        )}
        <p className="soft">{value.description}</p>
      </div>
    </div>
  );
}

function FromEnvironment({ id, value }: { id: string; value: Key }) {
  const { t } = useTranslation("admin");
  return (
    <>
      <TextInput
        id={id}
        readOnly
        value={value.isSecret ? t("key.isSet") : (value.value ?? "")}
        aria-describedby={`${id}-from ${id}-help`}
      />
      <p id={`${id}-from`}>
        {t("key.fromEnvironment")} <code className={style["name"]}>{value.environment}</code>
      </p>
    </>
  );
}

function Entry({
  id,
  service,
  value,
  isFirst,
  onSaved,
  onCancel,
}: Props & {
  id: string;
  isFirst: boolean;
  onSaved: () => void;
  onCancel: (() => void) | undefined;
}) {
  const { t } = useTranslation("admin");
  const [draft, setDraft] = useState<string | null>(null);
  const [isShown, setShown] = useState(!value.isSecret);
  const save = useMutation({
    mutationFn: (text: string) => storeValue(service, value.key, text),
    onSuccess: () => {
      setDraft(null);
      toast(t("key.saved", { label: value.label }));
      onSaved();
    },
  });
  const isChanged = draft !== null && draft.trim() !== "" && draft !== value.value;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (isChanged && !save.isPending) save.mutate(draft);
  };
  return (
    <form className={style["entry"]} onSubmit={submit} autoComplete="off">
      <div className={style["row"]}>
        <TextInput
          id={id}
          // A secret is never put into the document: the browser alone has what is typed.
          {...(value.isSecret ? {} : { value: draft ?? value.value ?? "" })}
          type={isShown ? "text" : "password"}
          autoComplete={value.isSecret ? "new-password" : "off"}
          spellCheck={false}
          autoFocus={isFirst}
          required={value.isRequired}
          aria-invalid={save.isError}
          aria-describedby={`${id}-error ${id}-help`}
          onChange={({ target }) => {
            setDraft(target.value);
            save.reset();
          }}
        />
        {value.isSecret && (
          <IconButton
            label={t(isShown ? "key.hide" : "key.show")}
            aria-pressed={isShown}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
          </IconButton>
        )}
        <Button
          type="submit"
          look={isChanged ? "main" : "plain"}
          disabled={!isChanged || save.isPending}
          aria-label={t("key.saveName", { label: value.label })}
        >
          {t("key.save")}
        </Button>
        {onCancel !== undefined && <Button onClick={onCancel}>{t("key.cancel")}</Button>}
        {onCancel === undefined && value.source === "stored" && (
          <Reset service={service} value={value} />
        )}
      </div>
      <div id={`${id}-error`} role="alert">
        {save.isError && <Refusal error={save.error} name={value.key} />}
      </div>
    </form>
  );
}

/** Why it was not saved; what the key means stands below it already. */
function Refusal({ error, name }: { error: unknown; name: string }) {
  const { title, cause, cure } = useTold(error);
  const isOfKey = error instanceof ApiError && error.field === name;
  return (
    <p className={style["error"]}>
      <strong>{title}.</strong> {cause} {!isOfKey && cure}
    </p>
  );
}

/** Take a stored value away: the default counts again, or nothing. */
function Reset({ service, value }: Props) {
  const { t } = useTranslation("admin");
  const [isAsking, setAsking] = useState(false);
  const { label } = value;
  return (
    <>
      <Button
        look="quiet"
        aria-label={t("key.resetName", { label })}
        onClick={() => setAsking(true)}
      >
        {t("key.reset")}
      </Button>
      {isAsking && (
        <Confirm
          title={t("key.resetName", { label })}
          text={t(value.isRequired ? "key.resetNeeded" : "key.resetText")}
          action={t("key.reset")}
          run={() => removeValue(service, value.key)}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
