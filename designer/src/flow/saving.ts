/**
 * Keeping the draft: what is changed is sent a moment later, one request at a time, and lies in the
 * browser until the engine has it. A draft that somebody else has changed meanwhile is a conflict,
 * which a person decides.
 */

import { createStore, type StoreApi } from "zustand";

import { api, ApiError, quoted, take, type Schemas } from "../shared/api/client";
import type { FlowDocument } from "./document";
import type { Editor } from "./editor";
import type { Unsaved } from "./unsaved";

const PAUSE_MS = 600;
const RETRY_MS = 3_000;

export interface SavingState {
  state: "saved" | "pending" | "saving" | "conflict" | "deleted" | "failed";
  error: unknown;
  /** The draft's; null as long as there is none. */
  etag: string | null;
  faults: Schemas["Fault"][];
  warnings: Schemas["Fault"][];
}

export interface Saving extends StoreApi<SavingState> {
  /** Send what is pending now, and wait until the engine has it. */
  flush: () => Promise<void>;
  /** The same, so that the engine has a draft, even if nothing was ever changed. */
  keepAsDraft: () => Promise<void>;
  /** Overwrite what somebody else has saved. */
  keepMine: () => Promise<void>;
  /** Take over what the engine has now, if that is another one and the state is still this one. */
  takeTheirs: (state: SavingState["state"]) => Promise<boolean>;
  /** Somebody else has deleted it: nothing is sent until this one is decided for. */
  deleted: () => void;
  /** Delete it by a request: nobody else has then, and nothing is sent any more. */
  remove: (request: () => Promise<void>) => Promise<void>;
  /** Send changes from now on, first what this browser still had; the answer ends it. */
  open: () => () => void;
}

interface Theirs extends Pick<SavingState, "etag" | "faults" | "warnings"> {
  document: object;
}

async function present<Found>(found: Promise<Found>): Promise<Found | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

export function isSignedOut(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 401;
}

/** A person has to decide first. */
function isOpen(state: SavingState["state"]): boolean {
  return state === "conflict" || state === "deleted";
}

function mayPass(error: unknown): boolean {
  return (
    isSignedOut(error) || (error instanceof ApiError && (error.isOffline || error.status >= 500))
  );
}

/** Without `unsaved`, nothing lies in the browser. */
export function createSaving(
  editor: Editor,
  draft: Schemas["Draft"] | null,
  unsaved: Unsaved | null,
): Saving {
  const { flowId } = editor.getState();
  const store = createStore<SavingState>()(() => ({
    state: "saved",
    error: null,
    etag: draft?.etag ?? null,
    faults: draft?.faults ?? [],
    warnings: draft?.warnings ?? [],
  }));
  let timer: number | undefined;
  /** What the engine has; null while that is not known. */
  let sent: FlowDocument | null = editor.getState().document;
  let work: Promise<void> | null = null;

  // Once somebody has decided for it, whatever is there is replaced.
  let isMineKept = false;
  let isRemoved = false;

  function meantFor(etag: string | null) {
    if (etag !== null) return { "if-match": quoted(etag) };
    return isMineKept ? {} : { "if-none-match": "*" };
  }

  /** Whoever signs in after one was signed out may be somebody else: raise what was said then. */
  async function knowsOwner(): Promise<void> {
    const { error } = store.getState();
    if (!isSignedOut(error)) return;
    const { id } = await take(api.GET("/api/me"));
    if (id !== unsaved?.ownerId) throw error;
  }

  async function send(): Promise<void> {
    const { document } = editor.getState();
    if (document === sent || isRemoved) return;
    store.setState({ state: "saving" });
    sent = null;
    const { etag } = store.getState();
    try {
      await knowsOwner();
      const answer = await take(
        api.PUT("/api/flows/{flow_id}/draft", {
          params: {
            path: { flow_id: flowId },
            header: meantFor(etag),
          },
          body: document,
        }),
      );
      took(answer, document);
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) {
        store.setState({ state: "conflict", error });
      } else {
        store.setState({ state: "failed", error });
        if (mayPass(error)) later(RETRY_MS);
      }
    }
  }

  function took(answer: Omit<Theirs, "document">, document = editor.getState().document): void {
    sent = document;
    const isNewest = editor.getState().document === document;
    if (isNewest) unsaved?.drop();
    store.setState({
      state: isNewest ? "saved" : "pending",
      error: null,
      etag: answer.etag,
      faults: answer.faults,
      warnings: answer.warnings,
    });
  }

  /** What the engine has is here again, as after an undo: there is nothing to send. */
  function unchanged(): void {
    window.clearTimeout(timer);
    unsaved?.drop();
    if (store.getState().state === "pending") store.setState({ state: "saved" });
  }

  async function flush(): Promise<void> {
    window.clearTimeout(timer);
    while (work !== null) await work;
    work = send().finally(() => (work = null));
    await work;
  }

  function later(pause = PAUSE_MS): void {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void flush(), pause);
  }

  function open(): () => void {
    const stop = editor.subscribe(({ document }, before) => {
      if (document === before.document) return;
      if (document === sent) {
        unchanged();
        return;
      }
      unsaved?.keep(document, store.getState().etag);
      if (isOpen(store.getState().state)) return;
      store.setState({ state: "pending" });
      later();
    });
    const kept = unsaved?.left();
    if (kept) {
      store.setState({ etag: kept.etag });
      editor.getState().replace(kept.document);
    }
    return () => {
      stop();
      void flush();
    };
  }

  function deleted(): void {
    if (isRemoved) return;
    window.clearTimeout(timer);
    store.setState({ state: "deleted", error: null });
  }

  /** The draft, or else what the flow itself has; null if both are gone. */
  async function theirs(): Promise<Theirs | null> {
    const params = { params: { path: { flow_id: flowId } } };
    const draft = await present(take(api.GET("/api/flows/{flow_id}/draft", params)));
    if (draft !== null) return draft;
    const flow = await present(take(api.GET("/api/flows/{flow_id}", params)));
    return flow && { document: flow.document, etag: null, faults: [], warnings: [] };
  }

  return Object.assign(store, {
    open,
    flush,
    keepAsDraft: async () => {
      if (store.getState().etag === null) sent = null;
      await flush();
    },
    deleted,
    remove: async (request: () => Promise<void>) => {
      await flush();
      // It is told on the stream before the answer comes.
      isRemoved = true;
      try {
        await request();
        unsaved?.drop();
      } catch (error) {
        isRemoved = false;
        throw error;
      }
    },
    takeTheirs: async (state: SavingState["state"]) => {
      const draft = await theirs();
      const now = store.getState();
      if (draft === null) {
        if (now.state === state) deleted();
        return false;
      }
      if (now.state !== state || now.etag === draft.etag) return false;
      const document = draft.document as FlowDocument;
      sent = document;
      editor.getState().reset(document);
      took(draft, document);
      return true;
    },
    keepMine: async () => {
      isMineKept = true;
      store.setState({ etag: null, error: null, state: "pending" });
      await flush();
      isMineKept = false;
    },
  });
}
