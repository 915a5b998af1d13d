import { Switch } from "radix-ui";
import { useTranslation } from "react-i18next";

import style from "../inspector.module.css";
import type { ValueProps } from "./ValueField";

export function SwitchValue({ id, schema, value, onChange }: ValueProps) {
  const { t } = useTranslation("inspector");
  const isOn = (value ?? schema["x-default"] ?? false) === true;
  return (
    <div className={style["switchRow"]}>
      <Switch.Root
        className={style["switch"]}
        id={id}
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-help`}
        checked={isOn}
        onCheckedChange={(checked) => onChange(checked)}
      >
        <Switch.Thumb className={style["thumb"]} />
      </Switch.Root>
      <span aria-hidden>{t(isOn ? "on" : "off")}</span>
    </div>
  );
}
