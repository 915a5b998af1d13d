import { LoaderCircle } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import style from "./ui.module.css";

/** A page beside the rail: its title, what can be done, and what it shows. */
export function Page({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <main className={style["page"]}>
      <div className={style["pageInner"]}>
        <header className={style["pageHead"]}>
          <h1>{title}</h1>
          {actions !== undefined && <div className={style["actions"]}>{actions}</div>}
        </header>
        {children}
      </div>
    </main>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** Nothing here yet: what it will be, and what to do next. */
export function Empty({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ReactNode;
}) {
  return (
    <div className={style["empty"]}>
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  );
}

export function Loading() {
  const { t } = useTranslation("shell");
  return (
    <div className={style["loading"]} role="status">
      <LoaderCircle className={style["turning"]} size={20} aria-hidden />
      <span className="unseen">{t("loading")}</span>
    </div>
  );
}
