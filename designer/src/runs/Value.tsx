/** A value as people read it: names and values below each other, what is empty left out. */

import { Copy } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Button, IconButton } from "../shared/ui/Button";
import { toast } from "../shared/ui/toasts";
import { isObject } from "../shared/values";
import style from "./runs.module.css";

const LONG_TEXT = 600;
const LONG_LIST = 20;

/** A value with a switch between the two ways to read it, and a way to take it along. */
export function Value({ label, value }: { label: string; value: unknown }) {
  const { t } = useTranslation("runs");
  const [isJson, setJson] = useState(false);
  const [isRefused, setRefused] = useState(false);
  const id = useId();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(JSON.stringify(value, null, 2));
      toast(t("value.copied"));
    } catch {
      setJson(true);
      setRefused(true);
    }
  };
  return (
    <section className={style["value"]} aria-labelledby={id}>
      <header className={style["valueHead"]}>
        <h2 id={id}>{label}</h2>
        <Button look="quiet" isSmall aria-pressed={isJson} onClick={() => setJson(!isJson)}>
          {t(isJson ? "value.tree" : "value.json")}
        </Button>
        <IconButton label={t("value.copy")} isSmall onClick={() => void copy()}>
          <Copy size={14} aria-hidden />
        </IconButton>
      </header>
      {isRefused && (
        <p role="alert" className="soft">
          {t("value.notCopied")}
        </p>
      )}
      {isJson ? (
        <pre className={style["json"]} tabIndex={0} aria-label={label}>
          {JSON.stringify(value, null, 2)}
        </pre>
      ) : (
        <Tree value={value} />
      )}
    </section>
  );
}

function Tree({ value }: { value: unknown }): ReactNode {
  if (Array.isArray(value))
    return <Entries entries={value.map((each, at) => [`${at + 1}`, each])} />;
  if (isObject(value)) return <Entries entries={Object.entries(value)} />;
  return <Plain value={value} />;
}

function Entries({ entries }: { entries: [string, unknown][] }) {
  const { t } = useTranslation("runs");
  const [isAll, setAll] = useState(false);
  const [isEmptyShown, setEmptyShown] = useState(false);
  const filled = entries.filter(([, value]) => !isEmpty(value));
  const empty = entries.length - filled.length;
  const wanted = isEmptyShown || filled.length === 0 ? entries : filled;
  const shown = isAll ? wanted : wanted.slice(0, LONG_LIST);
  if (entries.length === 0) return <span className="soft">{t("value.empty")}</span>;
  return (
    <ul className={style["tree"]}>
      {shown.map(([name, value]) => (
        <li key={name}>
          {isStructure(value) && !isEmpty(value) ? (
            <details open={Object.keys(value).length <= LONG_LIST}>
              <summary>
                <span className={style["key"]}>{name}</span>{" "}
                <span className="soft">
                  {t("value.entries", { count: Object.keys(value).length })}
                </span>
              </summary>
              <Tree value={value} />
            </details>
          ) : (
            <div className={style["pair"]}>
              <span className={style["key"]}>{name}</span>
              <Plain value={value} />
            </div>
          )}
        </li>
      ))}
      {wanted.length > shown.length && (
        <li>
          <button type="button" className={style["inline"]} onClick={() => setAll(true)}>
            {t("value.more", { count: wanted.length - shown.length })}
          </button>
        </li>
      )}
      {empty > 0 && filled.length > 0 && !isEmptyShown && (
        <li>
          <button type="button" className={style["inline"]} onClick={() => setEmptyShown(true)}>
            {t("value.showEmpty", { count: empty })}
          </button>
        </li>
      )}
    </ul>
  );
}

function Plain({ value }: { value: unknown }) {
  const { t } = useTranslation("runs");
  const [isAll, setAll] = useState(false);
  if (value === null || value === undefined) {
    return <span className="soft">{t("value.nothing")}</span>;
  }
  if (typeof value === "boolean") return <span>{t(value ? "value.yes" : "value.no")}</span>;
  if (isStructure(value) || value === "") {
    return <span className="soft">{t("value.empty")}</span>;
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (text.length <= LONG_TEXT || isAll) return <span className={style["text"]}>{text}</span>;
  return (
    <span className={style["text"]}>
      {text.slice(0, LONG_TEXT)}…{" "}
      <button type="button" className={style["inline"]} onClick={() => setAll(true)}>
        {t("value.showAll")}
      </button>
    </span>
  );
}

function isStructure(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isEmpty(value: unknown): boolean {
  if (isStructure(value)) return Object.keys(value).length === 0;
  return value === null || value === undefined || value === "";
}
