/** The guide where no flow is open: what a first flow takes, and the way to what comes next. */

import { useQuery } from "@tanstack/react-query";
import { ArrowRight, X } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { ConnectButton } from "../../accounts/ConnectButton";
import { Button, IconButton } from "../../shared/ui/Button";
import { documentOf, type Row } from "../rows";
import { useFacts } from "./facts";
import style from "./guide.module.css";
import { GuideItem } from "./GuideItem";
import { doneOf, ITEMS, nextOf, type Item } from "./items";
import { dismissGuide, pointLater, useGuide } from "./state";

export function GuideCard({
  rows,
  isEmpty,
  onCreate,
}: {
  rows: readonly Row[];
  isEmpty: boolean;
  onCreate: () => void;
}) {
  const shown = useGuide((state) => state.shown);
  const flowId = useGuide((state) => state.flowId);
  if (shown === "never" || (shown === "auto" && !isEmpty)) return null;
  return <Card row={rows.find(({ id }) => id === flowId)} onCreate={onCreate} />;
}

function Card({ row, onCreate }: { row: Row | undefined; onCreate: () => void }) {
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
  const connector = facts.catalog.connectors.find(({ auth }) => auth?.type === "oauth2");
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
                {item === "connect" && connector !== undefined ? (
                  <span>
                    <ConnectButton connector={connector} onConnected={() => undefined} />
                  </span>
                ) : (
                  <span>
                    <Button isSmall look="main" onClick={() => goOn(item)}>
                      {row === undefined ? t("create") : t("goOn", { name: row.name })}
                      <ArrowRight size={14} aria-hidden />
                    </Button>
                  </span>
                )}
              </>
            )}
          </GuideItem>
        ))}
      </ol>
      {next === null && <p className={style["finished"]}>{t("finished")}</p>}
    </section>
  );
}
