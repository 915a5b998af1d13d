/** A list or a group: written out entry by entry, or the value of an earlier step as a whole. */

import { getDefaultRegistry } from "@rjsf/core";
import type { Field, FieldProps } from "@rjsf/utils";
import { Braces, X } from "lucide-react";
import type { MouseEvent } from "react";
import { useTranslation } from "react-i18next";

import { classes, IconButton } from "../../shared/ui/Button";
import { isObject } from "../../shared/values";
import { ExpressionText } from "../expressions/ExpressionText";
import { Picker } from "../expressions/Picker";
import { asExpression } from "../expressions/tokens";
import style from "../inspector.module.css";
import { faultsWithin, useFaults, useForm } from "./context";
import { leftOver, type FormSchema } from "./schema";

const library = getDefaultRegistry().fields;
const ArrayField = library["ArrayField"] as Field;
const ObjectField = library["ObjectField"] as Field;

export function ListField(props: FieldProps) {
  return <Structure {...props} kind={ArrayField} />;
}

export function GroupField(props: FieldProps) {
  if (props.fieldPathId.path.length === 0) return <Group {...props} />;
  return <Structure {...props} kind={Group} />;
}

function Group(props: FieldProps) {
  return (
    <>
      <ObjectField {...props} />
      <LeftOver {...props} />
    </>
  );
}

/** What is here without a field, as after the choice of another template. */
function LeftOver({ schema, fieldPathId, onChange, ...rest }: FieldProps) {
  const { t } = useTranslation("inspector");
  const form = useForm();
  const values = rest.formData as unknown;
  const names = leftOver(schema as FormSchema, values);
  if (!isObject(values) || names.length === 0) return null;
  const remove = (name: string, { currentTarget }: MouseEvent) => {
    // The button goes with what it removes, and the keyboard stays near.
    const list = currentTarget.closest("fieldset");
    const home = names.length > 1 ? list : list?.parentElement?.closest<HTMLElement>("[tabindex]");
    home?.focus({ preventScroll: true });
    onChange(undefined, [...fieldPathId.path, name], undefined, `${fieldPathId.$id}_${name}`);
  };
  return (
    <fieldset className={classes(style["entry"], style["leftOver"])} tabIndex={-1}>
      <legend>{t("leftOver")}</legend>
      <p className={style["help"]}>{t("leftOverHint")}</p>
      {names.map((name) => (
        <div key={name} className={style["field"]}>
          <div className={style["withTools"]}>
            <p className={style["grow"]}>
              <strong>{name}</strong> {textOf(values[name])}
            </p>
            <IconButton
              isSmall
              label={t("remove", { name })}
              onClick={(event) => remove(name, event)}
            >
              <X size={14} aria-hidden />
            </IconButton>
          </div>
          {faultsWithin(form, [...fieldPathId.path, name]).map((fault) => (
            <p key={fault} className={style["error"]}>
              {fault}
            </p>
          ))}
        </div>
      ))}
    </fieldset>
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Structure({ kind: Kind, ...props }: FieldProps & { kind: Field }) {
  const { t } = useTranslation("inspector");
  const { fieldPathId, onChange } = props as FieldProps;
  const formData: unknown = (props as FieldProps).formData;
  const isInvalid = useFaults(fieldPathId.path).length > 0;
  const change = (value: unknown) => onChange(value, fieldPathId.path);
  if (typeof formData === "string") {
    return (
      <div className={style["withTools"]}>
        <ExpressionText
          id={fieldPathId.$id}
          value={formData}
          hint=""
          isMultiline={false}
          isInvalid={isInvalid}
          onChange={change}
        />
        <IconButton isSmall label={t("usePlain")} onClick={() => change(undefined)}>
          <X size={14} aria-hidden />
        </IconButton>
      </div>
    );
  }
  const isEmpty = formData === undefined || (Array.isArray(formData) && formData.length === 0);
  return (
    <div className={style["withTools"]}>
      <div className={style["grow"]}>
        <Kind {...(props as FieldProps)} />
      </div>
      {isEmpty && (
        <div className={style["tools"]}>
          <Picker onPick={(path) => change(asExpression(path))}>
            <IconButton isSmall label={t("useExpression")}>
              <Braces size={14} aria-hidden />
            </IconButton>
          </Picker>
        </div>
      )}
    </div>
  );
}
