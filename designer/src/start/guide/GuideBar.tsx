/** The guide above a flow: a line that ticks itself, says what comes next and leads there. */

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { ConnectButton } from "../../accounts/ConnectButton";
import { useEditor, useEditorStore } from "../../flow/editor";
import { linksOf } from "../../flow/document";
import { me } from "../../shared/api/queries";
import { Button, IconButton } from "../../shared/ui/Button";
import { useFacts } from "./facts";
import style from "./guide.module.css";
import { GuideItem } from "./GuideItem";
import { doneOf, isDelivered, ITEMS, nextOf, type Item } from "./items";
import { pointAt } from "./pointing";
import { dismissGuide, pointLater, useGuide } from "./state";

/** Where each thing is done on the page of a flow. */
const PLACES: Record<Item, string> = {
  connect: "[data-guide=connect]",
  trigger: "#palette input[type=search]",
  reply: "#palette input[type=search]",
  start: "[data-guide=start]",
  write: "#phone iframe",
  read: "#runs a",
};

export function GuideBar() {
  const flowId = useEditor((state) => state.flowId);
  const isShown = useGuide((state) => state.shown === "always" && state.flowId === flowId);
  return isShown ? <Bar /> : null;
}

function Bar() {
  const { t } = useTranslation("guide");
  const editor = useEditorStore();
  const document = useEditor((state) => state.document);
  const flowId = useEditor((state) => state.flowId);
  const pending = useGuide((state) => state.pending);
  const { data: who } = useQuery(me);
  const facts = useFacts(flowId, document);
  const done = doneOf(facts);
  const next = nextOf(done);
  const connector = facts.catalog.connectors.find(({ auth }) => auth?.type === "oauth2");
  const hasPhone = who?.simulator != null;
  const show = (item: Item) => {
    if (item === "reply") chooseTheEnd();
    pointAt(PLACES[item]);
  };
  /** What is added follows the step that is chosen, so the last one is. */
  const chooseTheEnd = () => {
    const { document: now, select } = editor.getState();
    const leading = new Set(linksOf(now).map(({ from }) => from));
    const last = Object.keys(now.components).find((name) => !leading.has(name));
    if (last !== undefined) select([last]);
  };
  useEffect(() => {
    if (pending === null) return;
    pointLater(null);
    pointAt(PLACES[pending]);
  }, [pending]);
  const text =
    next === "read" && isDelivered(facts)
      ? t("read.delivered")
      : next === "write" && !hasPhone
        ? t("write.real")
        : next !== null
          ? t(`${next}.text`)
          : t("finished");
  return (
    <section className={style["bar"]} aria-label={t("title")}>
      <ol className={style["line"]}>
        {ITEMS.map((item) => (
          <GuideItem key={item} item={item} isDone={done[item]} isNext={item === next} />
        ))}
      </ol>
      <p className={style["next"]} role="status">
        {text}
      </p>
      {next === "connect" && connector !== undefined && (
        <ConnectButton connector={connector} onConnected={() => undefined} />
      )}
      {next !== null && next !== "connect" && (next !== "write" || hasPhone) && (
        <Button isSmall onClick={() => show(next)}>
          {t("show")}
        </Button>
      )}
      <IconButton isSmall label={t("dismiss")} onClick={dismissGuide}>
        <X size={16} aria-hidden />
      </IconButton>
    </section>
  );
}
