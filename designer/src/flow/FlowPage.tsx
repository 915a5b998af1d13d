/** One flow: palette, canvas and inspector around one editor, and what is said of its saving. */

import { useQuery } from "@tanstack/react-query";
import { startTransition, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Group, Panel, Separator } from "react-resizable-panels";

import { AddPopup } from "../canvas/AddPopup";
import { Canvas } from "../canvas/Canvas";
import { Inspector } from "../inspector/Inspector";
import { SidePanel } from "../palette/SidePanel";
import { PhonePanel } from "../phone/PhonePanel";
import { LiveRuns } from "../runs/LiveRuns";
import { RunDrawing } from "../runs/RunDrawing";
import { StepInAddress } from "../runs/StepInAddress";
import { api, take, type Schemas } from "../shared/api/client";
import { flows, me, palette, queryClient } from "../shared/api/queries";
import { useNotices } from "../shared/api/stream";
import { useNarrow } from "../shared/ui/narrow";
import { ErrorNote } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import { toast } from "../shared/ui/toasts";
import { GuideBar } from "../start/guide/GuideBar";
import { NotFound } from "../shell/NotFound";
import { emptyDocument, type FlowDocument } from "./document";
import { createEditor, EditorContext, type Editor } from "./editor";
import style from "./flow.module.css";
import { FlowKeys } from "./FlowKeys";
import { Sheets } from "./Sheets";
import { SavingContext } from "./saving-context";
import { createSaving, type Saving } from "./saving";
import { TopBar } from "./TopBar";
import { Unsaved } from "./unsaved";

interface Parts {
  editor: Editor;
  saving: Saving;
}

interface Opened {
  flow: Schemas["Flow"] | null;
  draft: Schemas["Draft"] | null;
  unsaved: Unsaved;
}

async function openFlow(id: string): Promise<Opened> {
  const params = { params: { path: { flow_id: id } } };
  // Cards that were drawn without it would be drawn again.
  const components = queryClient.query(palette()).catch(() => undefined);
  const known = await queryClient.query({ ...flows, staleTime: 0 });
  const isStored = known.flows.some((each) => each.id === id);
  const isDrafted = known.drafts.some((each) => each.id === id);
  const who = await queryClient.query(me);
  const [flow, draft, unsaved] = await Promise.all([
    isStored ? take(api.GET("/api/flows/{flow_id}", params)) : null,
    isDrafted ? take(api.GET("/api/flows/{flow_id}/draft", params)) : null,
    Unsaved.of(who.id, id),
  ]);
  await components;
  return { flow, draft, unsaved };
}

export default function FlowPage({ id }: { id: string }) {
  const opened = useQuery({
    queryKey: ["opened", id],
    queryFn: () => openFlow(id),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  if (opened.error !== null) return <ErrorNote error={opened.error} />;
  if (opened.data === undefined) return <Loading />;
  if (opened.data.flow === null && opened.data.draft === null) return <NotFound />;
  return <OpenFlow id={id} opened={opened.data} />;
}

/** What another tab or person saves is taken over, as long as nothing of one's own would be lost. */
function useFollowDraft({ editor, saving }: Parts): void {
  const { t } = useTranslation("flow");
  const { flowId } = editor.getState();
  useNotices("draft", (draft) => {
    const isOther = draft.flowId === flowId && draft.etag !== saving.getState().etag;
    if (!isOther) return;
    if (draft.etag === null) {
      const known = queryClient.getQueryData(flows.queryKey)?.flows;
      if (known?.every((each) => each.id !== flowId)) saving.deleted();
      return;
    }
    if (saving.getState().state !== "saved") return;
    void saving.takeTheirs("saved").then((isTaken) => {
      if (isTaken) toast(t("tookTheirs"));
    });
  });
  useNotices("flow", (told) => {
    if (told.flowId === flowId && "state" in told && told.state === "deleted") saving.deleted();
  });
}

function partsOf(id: string, opened: Opened): Parts {
  const stored = (opened.draft ?? opened.flow)?.document as FlowDocument | undefined;
  const editor = createEditor(id, stored ?? emptyDocument(id));
  return { editor, saving: createSaving(editor, opened.draft, opened.unsaved) };
}

/** How many parts of the page are drawn: one after another, so that nothing waits for them all. */
function useParts(all: number): number {
  const [drawn, setDrawn] = useState(0);
  useEffect(() => {
    if (drawn === all) return;
    const timer = window.setTimeout(() => startTransition(() => setDrawn(drawn + 1)));
    return () => window.clearTimeout(timer);
  }, [all, drawn]);
  return drawn;
}

function OpenFlow({ id, opened }: { id: string; opened: Opened }) {
  const [parts] = useState(() => partsOf(id, opened));
  useEffect(() => parts.saving.open(), [parts]);
  useFollowDraft(parts);
  const drawn = useParts(5);
  return (
    <EditorContext value={parts.editor}>
      <SavingContext value={parts.saving}>
        <main className={style["page"]}>
          <TopBar />
          <GuideBar />
          <FlowKeys />
          <AddPopup />
          <StepInAddress />
          <Panels flowId={id} drawn={drawn} />
        </main>
      </SavingContext>
    </EditorContext>
  );
}

function Panels({ flowId, drawn }: { flowId: string; drawn: number }) {
  const isNarrow = useNarrow();
  const canvas = <RunDrawing flowId={flowId}>{drawn >= 1 && <Canvas />}</RunDrawing>;
  if (isNarrow) return <Sheets flowId={flowId}>{canvas}</Sheets>;
  return (
    <Group className={style["panels"] ?? ""}>
      <Panel id="side" defaultSize="16%" minSize={180} collapsible>
        {drawn >= 2 && <SidePanel />}
      </Panel>
      <Separator className={style["separator"] ?? ""} />
      <Panel id="middle" minSize={240}>
        <Group orientation="vertical">
          <Panel id="canvas" minSize={160}>
            {canvas}
          </Panel>
          <Separator className={style["separator"] ?? ""} />
          <Panel id="runs" defaultSize="32%" minSize={80} collapsible>
            {drawn >= 4 && <LiveRuns flowId={flowId} />}
          </Panel>
        </Group>
      </Panel>
      <Separator className={style["separator"] ?? ""} />
      <Panel id="inspector" defaultSize="24%" minSize={260} collapsible>
        {drawn >= 3 && <Inspector />}
      </Panel>
      <PhonePanel isLoaded={drawn >= 5} />
    </Group>
  );
}
