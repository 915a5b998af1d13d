/** A list or a group: written out entry by entry, or the value of an earlier step as a whole. */

import { getDefaultRegistry } from "@rjsf/core";
import type { Field, FieldProps } from "@rjsf/utils";
import { Braces, X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { IconButton } from "../../shared/ui/Button";
import { ExpressionText } from "../expressions/ExpressionText";
import { Picker } from "../expressions/Picker";
import { asExpression } from "../expressions/tokens";
import style from "../inspector.module.css";
import { useFaults } from "./context";

const library = getDefaultRegistry().fields;
const ArrayField = library["ArrayField"] as Field;
const ObjectField = library["ObjectField"] as Field;

export function ListField(props: FieldProps) {
  return <Structure {...props} kind={ArrayField} />;
}

export function GroupField(props: FieldProps) {
  if (props.fieldPathId.path.length === 0) return <ObjectField {...props} />;
  return <Structure {...props} kind={ObjectField} />;
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
