/** One setting of an account as a control, whoever asks for it. */

import { Labelled, Select, TextInput } from "../shared/ui/Field";
import type { Schemas } from "../shared/api/client";
import style from "./accounts.module.css";

export type Setting = Schemas["AvailableSetting"];
export type Values = Record<string, string | boolean>;

/** The settings of an account that is not there yet; what it will offer itself is typed. */
export function fieldsOf(declared: readonly Schemas["AccountSetting"][]): Setting[] {
  return declared.map((each) => ({
    ...each,
    pattern: each.pattern ?? null,
    example: each.example ?? null,
    choices:
      typeof each.choices === "object" && each.choices !== null
        ? Object.entries(each.choices).map(([value, label]) => ({ value, label }))
        : [],
  }));
}

export function SettingField({
  setting,
  value,
  error,
  onChange,
}: {
  setting: Setting;
  value: string | boolean | undefined;
  error: string | undefined;
  onChange: (value: string | boolean | null) => void;
}) {
  if (setting.type === "switch") {
    return (
      <label className={style["switch"]}>
        <input
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span>
          <strong>{setting.label}</strong>
          <span className="soft">{setting.description}</span>
        </span>
      </label>
    );
  }
  const text = typeof value === "string" ? value : "";
  return (
    <Labelled label={setting.label} help={setting.description} error={error}>
      {(ids) =>
        setting.choices.length > 0 ? (
          <Select
            {...ids}
            value={text}
            onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
          >
            {(text === "" || !setting.required) && <option value="">–</option>}
            {setting.choices.map((each) => (
              <option key={each.value} value={each.value}>
                {each.label === each.value ? each.label : `${each.label} (${each.value})`}
              </option>
            ))}
          </Select>
        ) : (
          <TextInput
            {...ids}
            value={text}
            placeholder={setting.example ?? ""}
            autoComplete="off"
            onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
          />
        )
      }
    </Labelled>
  );
}
