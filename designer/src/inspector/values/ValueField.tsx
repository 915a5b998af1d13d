/** One value of a form: which control it has follows from its schema and from what is in it. */

import { ADDITIONAL_PROPERTY_FLAG, type FieldProps } from "@rjsf/utils";
import { Braces, X } from "lucide-react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Json } from "../../flow/document";
import { IconButton } from "../../shared/ui/Button";
import { isObject } from "../../shared/values";
import { ExpressionText } from "../expressions/ExpressionText";
import { Picker } from "../expressions/Picker";
import { asExpression, isExpression } from "../expressions/tokens";
import { useFaults, useForm } from "../form/context";
import type { FormSchema } from "../form/schema";
import style from "../inspector.module.css";
import { ChoiceValue } from "./ChoiceValue";
import { JsonValue } from "./JsonValue";
import { NumberValue } from "./NumberValue";
import { SwitchValue } from "./SwitchValue";

const SourceValue = lazy(() => import("./SourceValue"));
const FileValue = lazy(() => import("./FileValue"));
const LONG_TEXT = 1000;

/** What every control is given. */
export interface ValueProps {
  id: string;
  path: (string | number)[];
  schema: FormSchema;
  value: Json | undefined;
  hint: string;
  isInvalid: boolean;
  onChange: (value: Json | undefined) => void;
}

export function ValueField(props: FieldProps) {
  const { fieldPathId, onChange } = props;
  const schema = props.schema as FormSchema;
  const path = fieldPathId.path;
  const isInvalid = useFaults(path).length > 0;
  const value = props.formData as Json | undefined;
  const [isTyped, setTyped] = useState(false);
  // Without its value, a field with a name of its own would go while somebody types.
  const nothing = ADDITIONAL_PROPERTY_FLAG in schema ? "" : undefined;
  const change = (next: Json | undefined) => onChange(next === "" ? nothing : next, path);
  const given: ValueProps = {
    id: fieldPathId.$id,
    path,
    schema,
    value,
    hint: hintOf(schema),
    isInvalid,
    onChange: change,
  };
  if (isObject(value) && "$literal" in value) return <Literal {...given} />;
  const isText = isPlainText(schema);
  if (isText || isExpression(value)) {
    return (
      <WithReset {...given} isResettable={!isText}>
        <ExpressionText
          id={given.id}
          value={
            typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value)
          }
          hint={given.hint}
          isMultiline={isMultiline(schema)}
          isInvalid={isInvalid}
          isRequired={props.required === true}
          isTaken={isTyped}
          onChange={change}
        />
      </WithReset>
    );
  }
  return (
    <Pickable onChange={change}>
      <Suspense fallback={<div className={style["editor"]} data-loading />}>
        <Control
          {...given}
          onChange={(next) => {
            // The control makes way for an editor, in which the rest is typed.
            setTyped(isExpression(next));
            change(next);
          }}
        />
      </Suspense>
    </Pickable>
  );
}

function Control(props: ValueProps) {
  const { schema } = props;
  const widget = schema["x-widget"];
  if (schema["x-any"] === true && widget === "json") return <JsonValue {...props} />;
  if (schema["x-source"] !== undefined) return <SourceValue {...props} />;
  if (widget === "file") return <FileValue {...props} />;
  if (schema.enum !== undefined) return <ChoiceValue {...props} />;
  if (schema.type === "boolean") return <SwitchValue {...props} />;
  if (schema.type === "integer" || schema.type === "number") return <NumberValue {...props} />;
  if (widget === "password") return <PasswordValue {...props} />;
  return <JsonValue {...props} />;
}

function isPlainText(schema: FormSchema): boolean {
  const widget = schema["x-widget"];
  const isOther = schema["x-source"] !== undefined || schema.enum !== undefined;
  if (isOther || widget === "file" || widget === "password" || widget === "json") return false;
  return schema.type === "string";
}

function isMultiline(schema: FormSchema): boolean {
  if (schema["x-widget"] === "textarea") return true;
  return (schema.maxLength ?? 0) > LONG_TEXT && schema.pattern === undefined;
}

export function hintOf(schema: FormSchema): string {
  const [example] = schema.examples ?? [];
  const shown = schema["x-default"] ?? example;
  if (shown === undefined || shown === null || isExpression(shown)) return "";
  return typeof shown === "string" ? shown : JSON.stringify(shown);
}

function PasswordValue({ id, value, hint, isInvalid, onChange }: ValueProps) {
  return (
    <input
      className={style["control"]}
      type="password"
      autoComplete="new-password"
      id={id}
      aria-describedby={`${id}-help`}
      aria-invalid={isInvalid}
      placeholder={hint}
      value={typeof value === "string" ? value : ""}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** A control that is not a text, and beside it the way to a value of an earlier step. */
function Pickable({
  onChange,
  children,
}: {
  onChange: (value: Json) => void;
  children: ReactNode;
}) {
  const { t } = useTranslation("inspector");
  if (useForm().isAlone === true) return children;
  return (
    <div className={style["withTools"]}>
      {children}
      <div className={style["tools"]}>
        <Picker onPick={(path) => onChange(asExpression(path))}>
          <IconButton isSmall label={t("useExpression")}>
            <Braces size={14} aria-hidden />
          </IconButton>
        </Picker>
      </div>
    </div>
  );
}

/** An expression in the place of another control, and the way back to that. */
function WithReset({
  isResettable,
  onChange,
  children,
}: ValueProps & { isResettable: boolean; children: ReactNode }) {
  const { t } = useTranslation("inspector");
  if (!isResettable) return children;
  return (
    <div className={style["withTools"]}>
      {children}
      <IconButton isSmall label={t("usePlain")} onClick={() => onChange(undefined)}>
        <X size={14} aria-hidden />
      </IconButton>
    </div>
  );
}

/** A value that is taken as it stands, braces and all. */
function Literal({ id, value, isInvalid, onChange }: ValueProps) {
  const { t } = useTranslation("inspector");
  const inner = isObject(value) ? (value["$literal"] as Json) : null;
  return (
    <div>
      <textarea
        className={style["control"]}
        id={id}
        aria-describedby={`${id}-help`}
        aria-invalid={isInvalid}
        value={typeof inner === "string" ? inner : JSON.stringify(inner)}
        onChange={(event) => onChange({ $literal: event.target.value })}
      />
      <p className="soft">
        {t("literal")}{" "}
        <button type="button" className={style["linkish"]} onClick={() => onChange(inner)}>
          {t("takeValues")}
        </button>
      </p>
    </div>
  );
}
