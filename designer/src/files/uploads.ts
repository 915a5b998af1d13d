/** The files that are being sent, one after the other, and those that were refused. */

import { create } from "zustand";

import { queryClient } from "../shared/api/queries";
import { files } from "../shared/api/files";
import { send } from "./upload";

export interface Upload {
  id: number;
  name: string;
  /** From 0 to 1. */
  share: number;
  error: unknown;
}

interface Uploads {
  uploads: Upload[];
  add: (chosen: readonly File[], onDone: (name: string) => void) => void;
  forget: (id: number) => void;
}

let last = 0;
let queue = Promise.resolve();

export const useUploads = create<Uploads>((set) => {
  const change = (id: number, changes: Partial<Upload>) =>
    set(({ uploads }) => ({
      uploads: uploads.map((each) => (each.id === id ? { ...each, ...changes } : each)),
    }));
  const forget = (id: number) =>
    set(({ uploads }) => ({ uploads: uploads.filter((each) => each.id !== id) }));
  const sendOne = async (id: number, file: File, onDone: (name: string) => void) => {
    try {
      await send(file, (share) => change(id, { share }));
      await queryClient.invalidateQueries({ queryKey: files.queryKey });
      forget(id);
      onDone(file.name);
    } catch (error) {
      change(id, { error });
    }
  };
  return {
    uploads: [],
    add: (chosen, onDone) => {
      for (const file of chosen) {
        last += 1;
        const id = last;
        set(({ uploads }) => ({
          uploads: [...uploads, { id, name: file.name, share: 0, error: null }],
        }));
        queue = queue.then(() => sendOne(id, file, onDone));
      }
    },
    forget,
  };
});
