import { useTranslation } from "react-i18next";

import { Select } from "../../shared/ui/Field";
import { choiceOf, type FormSchema } from "../form/schema";
import type { ValueProps } from "./ValueField";

/** One of a few values. */
export function ChoiceValue({ id, schema, value, isInvalid, onChange }: ValueProps) {
  const { t } = useTranslation("inspector");
  const values = (schema.enum ?? []).map(String);
  const known =
    value === undefined || value === null ? "" : JSON.stringify(value).replace(/^"|"$/g, "");
  const fallback = schema["x-default"];
  const first =
    typeof fallback === "string"
      ? t("byDefault", { value: wordsOf(schema, fallback) })
      : t("chooseOne");
  return (
    <Select
      id={id}
      aria-describedby={`${id}-help`}
      aria-invalid={isInvalid}
      value={known}
      onChange={(event) => {
        const { value: text } = event.target;
        onChange(text === "" ? undefined : choiceOf(schema, text));
      }}
    >
      <option value="">{first}</option>
      {known !== "" && !values.includes(known) && <option value={known}>{known}</option>}
      {values.map((each) => (
        <option key={each} value={each}>
          {wordsOf(schema, each)}
        </option>
      ))}
    </Select>
  );
}

/** `notOneOf` is read as “Not one of”, unless the schema has words of its own for it. */
export function wordsOf(schema: FormSchema, value: string): string {
  const labels = (schema as Record<string, unknown>)["x-labels"] as
    Record<string, string> | undefined;
  if (labels?.[value] !== undefined) return labels[value];
  const words = value
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
