/** A step's form out of its component's schema, or of what its input makes of that. */

import Form from "@rjsf/core";
import { englishStringTranslator, TranslatableString, type RJSFSchema } from "@rjsf/utils";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Input, Json } from "../../flow/document";
import type { JsonSchema } from "../../flow/schema";
import { isObject, isSame } from "../../shared/values";
import { ValueField } from "../values/ValueField";
import { FormContext, type FormKnowledge } from "./context";
import { formSchema } from "./schema";
import { GroupField, ListField } from "./StructureField";
import {
  ArrayFieldItemTemplate,
  ArrayFieldTemplate,
  FieldTemplate,
  ObjectFieldTemplate,
  WrapIfAdditionalTemplate,
} from "./templates";
import validator from "./validator";

const FIELDS = {
  StringField: ValueField,
  NumberField: ValueField,
  BooleanField: ValueField,
  FallbackField: ValueField,
  ArrayField: ListField,
  ObjectField: GroupField,
};
const TEMPLATES = {
  FieldTemplate,
  ObjectFieldTemplate,
  ArrayFieldTemplate,
  ArrayFieldItemTemplate,
  WrapIfAdditionalTemplate,
};
const UI = { "ui:submitButtonOptions": { norender: true } };
// What nobody has filled in stays out of the document.
const NO_DEFAULTS = {
  emptyObjectFields: "skipDefaults",
  arrayMinItems: { populate: "never" },
  constAsDefaults: "never",
} as const;

interface Props {
  schema: JsonSchema;
  knowledge: FormKnowledge;
  onChange: (input: Input, field: string) => void;
}

export function StepForm({ schema, knowledge, onChange }: Props) {
  const { t } = useTranslation("inspector");
  const drawn = useMemo(() => formSchema(schema) as RJSFSchema, [schema]);
  if (Object.keys({ ...schema.properties, ...knowledge.input }).length === 0) {
    return <p className="soft">{t("noInputNeeded")}</p>;
  }
  return (
    <FormContext value={knowledge}>
      <Form
        tagName="div"
        idPrefix={`step-${knowledge.step}`}
        schema={drawn}
        uiSchema={UI}
        fields={FIELDS}
        templates={TEMPLATES}
        formData={knowledge.input}
        validator={validator}
        liveValidate={false}
        showErrorList={false}
        translateString={said}
        experimental_defaultFormStateBehavior={NO_DEFAULTS}
        onChange={({ formData }, field) => {
          const input = filledIn((formData ?? {}) as Input);
          if (!isSame(input, knowledge.input)) onChange(input, field ?? "");
        }}
      >
        {null}
      </Form>
    </FormContext>
  );
}

/** The library's own words: what is added has no value yet. */
function said(text: TranslatableString, words?: string[]): string {
  return text === TranslatableString.NewStringDefault ? "" : englishStringTranslator(text, words);
}

/** Without the fields that have been emptied. */
function filledIn(input: Input): Input {
  const kept = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(kept);
    if (!isObject(value)) return value;
    const entries = Object.entries(value as Record<string, Json | undefined>);
    return Object.fromEntries(
      entries.flatMap(([key, each]) => (each === undefined ? [] : [[key, kept(each)]])),
    );
  };
  return kept(input) as Input;
}
