/** The guide where no flow is open: what a first flow takes, and the way to what comes next. */

import { useQuery } from "@tanstack/react-query";
import { ArrowRight, X } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { Button, IconButton } from "../../shared/ui/Button";
import { documentOf, type Row } from "../rows";
import { useFacts } from "./facts";
import style from "./guide.module.css";
import { Connecting } from "./Connecting";
import { GuideItem } from "./GuideItem";
import { doneOf, ITEMS, nextOf, type Item } from "./items";
import { dismissGuide, pointLater } from "./state";

export function GuideCard({ row, onCreate }: { row: Row | undefined; onCreate: () => void }) {
  const { t } = useTranslation("guide");
  const id = useId();
  const [, navigate] = useLocation();
  const { data: document } = useQuery({
    ...documentOf(row ?? { id: "", state: "draft", etag: "" }),
    enabled: row !== undefined,
  });
  const facts = useFacts(row?.id ?? null, document ?? null);
  const done = doneOf(facts);
  const next = nextOf(done);
  const { connectors } = facts.catalog;
  const goOn = (item: Item) => {
    pointLater(item);
    if (row === undefined) onCreate();
    else navigate(`/flows/${encodeURIComponent(row.id)}`);
  };
  return (
    <section className={style["card"]} aria-labelledby={id}>
      <header className={style["head"]}>
        <h2 id={id}>{t("title")}</h2>
        <IconButton isSmall label={t("dismiss")} onClick={dismissGuide}>
          <X size={16} aria-hidden />
        </IconButton>
      </header>
      <ol className={style["items"]}>
        {ITEMS.map((item) => (
          <GuideItem key={item} item={item} isDone={done[item]} isNext={item === next}>
            {item === next && (
              <>
                <span className="soft">{t(`${item}.text`)}</span>
                {item !== "connect" && (
                  <span>
                    <Button isSmall look="main" onClick={() => goOn(item)}>
                      {row === undefined ? t("create") : t("goOn", { name: row.name })}
                      <ArrowRight size={14} aria-hidden />
                    </Button>
                  </span>
                )}
              </>
            )}
            {item === "connect" && <Connecting connectors={connectors} isDone={done.connect} />}
          </GuideItem>
        ))}
      </ol>
      {next === null && <p className={style["finished"]}>{t("finished")}</p>}
    </section>
  );
}
