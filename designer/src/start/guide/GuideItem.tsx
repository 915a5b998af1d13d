import { Check, Circle, CircleDot } from "lucide-react";
import { useTranslation } from "react-i18next";

import style from "./guide.module.css";
import type { Item } from "./items";

/** One thing to do, with its sign: done, next, or later. */
export function GuideItem({
  item,
  isDone,
  isNext,
  children,
}: {
  item: Item;
  isDone: boolean;
  isNext: boolean;
  children?: React.ReactNode;
}) {
  const { t } = useTranslation("guide");
  const Icon = isDone ? Check : isNext ? CircleDot : Circle;
  return (
    <li
      className={style["item"]}
      data-done={isDone}
      data-next={isNext}
      aria-current={isNext ? "step" : undefined}
    >
      <Icon size={16} aria-hidden />
      <div className={style["itemText"]}>
        <span>
          {t(`${item}.title`)}
          {isDone && <span className="unseen">{t("done")}</span>}
        </span>
        {children}
      </div>
    </li>
  );
}
