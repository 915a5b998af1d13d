/** The guide above a flow: a line that ticks itself, says what comes next and leads there. */

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { useEditor, useEditorStore, type Editor } from "../../flow/editor";
import { linksOf } from "../../flow/document";
import { me } from "../../shared/api/queries";
import { Button, IconButton } from "../../shared/ui/Button";
import { Connecting } from "./Connecting";
import { ErrorNote } from "../../shared/ui/Note";
import { useFacts } from "./facts";
import style from "./guide.module.css";
import { GuideItem } from "./GuideItem";
import { doneOf, isDelivered, ITEMS, nextOf, type Item } from "./items";
import { pointAt } from "./pointing";
import { dismissGuide, pointLater, tellFailure, useGuide } from "./state";

/** Where things are done on the page of a flow; steps are added in the middle of the canvas. */
const PLACES: Partial<Record<Item, string>> = {
  start: "[data-guide=start]",
  write: "#phone iframe",
  read: "#runs li a",
};

export function GuideBar() {
  const { t } = useTranslation("guide");
  const flowId = useEditor((state) => state.flowId);
  const isShown = useGuide((state) => state.shown === "always" && state.flowId === flowId);
  const failure = useGuide((state) => (state.failure?.flowId === flowId ? state.failure : null));
  return (
    <>
      {failure !== null && (
        <ErrorNote error={failure.error}>
          <span>
            <Button isSmall onClick={() => tellFailure(null)}>
              {t("seen")}
            </Button>
          </span>
        </ErrorNote>
      )}
      {isShown && <Bar />}
    </>
  );
}

function Bar() {
  const { t } = useTranslation("guide");
  const editor = useEditorStore();
  const flow = useEditor((state) => state.document);
  const flowId = useEditor((state) => state.flowId);
  const pending = useGuide((state) => state.pending);
  const { data: who } = useQuery(me);
  const facts = useFacts(flowId, flow);
  const done = doneOf(facts);
  const next = nextOf(done);
  const hasPhone = who?.simulator != null;
  const show = (item: Item) => {
    const place = PLACES[item];
    if (place !== undefined) pointAt(place);
    else if (item !== "connect") searchStep(editor, item === "reply");
  };
  useEffect(() => {
    if (pending === null) return;
    pointLater(null);
    show(pending);
  });
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
      <Connecting connectors={facts.catalog.connectors} isDone={done.connect} />
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

/** Search for a step in the middle of the canvas; a reply is to follow the flow's last step. */
function searchStep(editor: Editor, isReply: boolean): void {
  const { document: flow, select, beginAdding } = editor.getState();
  const leading = new Set(linksOf(flow).map(({ from }) => from));
  const last = Object.keys(flow.components).find((name) => !leading.has(name));
  select(isReply && last !== undefined ? [last] : []);
  const box = document.getElementById("canvas")?.getBoundingClientRect();
  const at = { x: (box?.x ?? 0) + (box?.width ?? 0) / 3, y: (box?.y ?? 0) + 48 };
  beginAdding({ place: {}, at });
}
