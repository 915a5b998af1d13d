/** The chosen run on the canvas: on the draft where that is what ran, else on its version. */

import { ArrowLeft } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { without, type FlowDocument, type Step } from "../flow/document";
import { createEditor, EditorContext, useEditor, useEditorStore } from "../flow/editor";
import { createSaving } from "../flow/saving";
import { SavingContext } from "../flow/saving-context";
import { buttonClass } from "../shared/ui/Button";
import { isSame } from "../shared/values";
import { useRunRoute } from "./addresses";
import { draw, drawingOf, drawNothing } from "./drawn";
import { useFollowed, useRun, useUnderWay, useVersionOf, type Run } from "./run";
import style from "./runs.module.css";

export function RunDrawing({ flowId, children }: { flowId: string; children: ReactNode }) {
  const { runId } = useRunRoute(flowId);
  return (
    <div className={style["drawing"]}>
      {runId === undefined ? (
        children
      ) : (
        <Drawn flowId={flowId} runId={runId}>
          {children}
        </Drawn>
      )}
    </div>
  );
}

function Drawn({
  flowId,
  runId,
  children,
}: {
  flowId: string;
  runId: string;
  children: ReactNode;
}) {
  const { t } = useTranslation("runs");
  useFollowed(runId);
  const { run, steps } = useRun(runId);
  const underWay = useUnderWay();
  const version = useVersionOf(run);
  const draft = useEditor((state) => state.document);
  useEffect(() => {
    if (run !== undefined) draw(drawingOf(run, steps, underWay));
  }, [run, steps, underWay]);
  useEffect(() => drawNothing, [runId]);
  const ran = version.data;
  if (run === undefined || ran === undefined) return children;
  const back = (
    <Link href={`/flows/${encodeURIComponent(flowId)}`} className={buttonClass("plain", true)}>
      <ArrowLeft size={14} aria-hidden />
      {t("close")}
    </Link>
  );
  if (ran === null) {
    return (
      <>
        <p className={style["notice"]} role="status">
          {t("drawn.gone")} {back}
        </p>
        {children}
      </>
    );
  }
  if (isSame(meaningOf(ran), meaningOf(draft))) {
    return (
      <>
        <Chosen flowId={flowId} run={run} />
        {children}
      </>
    );
  }
  return (
    <>
      <p className={style["notice"]} role="status">
        {run.isTest ? t("drawn.test") : t("drawn.other", { version: run.version })} {back}
      </p>
      <AsItWas key={`${run.flowId} ${run.version}`} flowId={flowId} run={run} document={ran}>
        {children}
      </AsItWas>
    </>
  );
}

/** Another document on the canvas, where it can be looked at and not changed. */
function AsItWas({
  flowId,
  run,
  document,
  children,
}: {
  flowId: string;
  run: Run;
  document: FlowDocument;
  children: ReactNode;
}) {
  const outer = useEditorStore();
  const [parts] = useState(() => {
    const editor = createEditor(flowId, document);
    const nothing = () => undefined;
    editor.setState({ change: nothing, undo: nothing, redo: nothing, replace: nothing });
    return { editor, saving: createSaving(editor, null, null) };
  });
  useEffect(() => outer.getState().select([]), [outer]);
  return (
    <EditorContext value={parts.editor}>
      <SavingContext value={parts.saving}>
        <Chosen flowId={flowId} run={run} />
        <div className={style["readOnly"]}>{children}</div>
      </SavingContext>
    </EditorContext>
  );
}

/** What is chosen on the canvas is open in the drawer. */
function Chosen({ flowId, run }: { flowId: string; run: Run }) {
  const editor = useEditorStore();
  const [, navigate] = useLocation();
  const { addressOf } = useRunRoute(flowId);
  const { id } = run;
  useEffect(
    () =>
      editor.subscribe(({ selected }, before) => {
        const [name, second] = selected;
        if (selected === before.selected || name === undefined || second !== undefined) return;
        navigate(addressOf(id, name), { replace: true });
      }),
    [editor, navigate, addressOf, id],
  );
  return null;
}

/** A document without what says only how it is drawn. */
function meaningOf(document: FlowDocument): unknown {
  const { components } = document;
  return {
    components: Object.fromEntries(
      Object.entries(components).map(([name, step]) => [name, meaningOfStep(step)]),
    ),
  };
}

function meaningOfStep(step: Step): unknown {
  const given = without(step, "position");
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null && !isEmptyObject(value)),
  );
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
