import style from "./ui.module.css";

/** A value as JSON, as long as it is. */
export function Json({ value }: { value: unknown }) {
  return (
    <pre className={style["json"]} tabIndex={0}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}
