import { useTranslation } from "react-i18next";

import type { Schemas } from "../shared/api/client";
import style from "./flow.module.css";

/** What changed from one document to another, step by step. */
export function ChangeList({ changes }: { changes: Schemas["Changes"] | null }) {
  const { t } = useTranslation("flow");
  if (changes === null || changes.steps.length + changes.flow.length === 0) {
    return <p className="soft">{t("noChanges")}</p>;
  }
  return (
    <ul className={style["changes"]}>
      {changes.flow.map((each) => (
        <Field key={each.path} change={each} />
      ))}
      {changes.steps.map((each) => (
        <li key={each.step} data-change={each.change}>
          <strong>{each.step}</strong> <span className="soft">{t(`change.${each.change}`)}</span>
          <ul>
            {each.fields.map((field) => (
              <Field key={field.path} change={field} />
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

function Field({ change }: { change: Schemas["FieldChange"] }) {
  return (
    <li>
      <code>{change.path}</code>
      <div className={style["difference"]}>
        <del>{shown(change.before)}</del>
        <ins>{shown(change.after)}</ins>
      </div>
    </li>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
