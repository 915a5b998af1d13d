/** What can be done on what is shown right now, as each part of it tells. */

import { useEffect } from "react";
import { create } from "zustand";

import type { KeyName } from "../keys";

export interface Command {
  id: string;
  label: string;
  /** Under which heading it stands. */
  group: string;
  /** Further words by which it is found. */
  words?: string;
  key?: KeyName;
  /** The address of a picture. */
  icon?: string;
  isDisabled?: boolean;
  run: () => void;
}

interface Registry {
  isOpen: boolean;
  parts: ReadonlyMap<string, readonly Command[]>;
}

export const useRegistry = create<Registry>(() => ({ isOpen: false, parts: new Map() }));

export function openCommands(isOpen = true): void {
  useRegistry.setState({ isOpen });
}

/** Offer commands for as long as the part that offers them is shown. */
export function useCommands(part: string, commands: readonly Command[]): void {
  useEffect(() => {
    useRegistry.setState(({ parts }) => ({ parts: new Map(parts).set(part, commands) }));
  }, [commands, part]);
  useEffect(
    () => () => {
      useRegistry.setState(({ parts }) => {
        const left = new Map(parts);
        left.delete(part);
        return { parts: left };
      });
    },
    [part],
  );
}

/** Those in which each word of a search is; those that begin with the search come first. */
export function fitting(commands: readonly Command[], search: string, most: number): Command[] {
  const wanted = search.trim().toLocaleLowerCase();
  const words = wanted.split(/\s+/);
  const fit = commands.filter(({ label, group, words: more = "" }) => {
    const known = `${label}\n${group}\n${more}`.toLocaleLowerCase();
    return words.every((word) => known.includes(word));
  });
  const starts = (command: Command) => command.label.toLocaleLowerCase().startsWith(wanted);
  const ordered = wanted === "" ? fit : [...fit.filter(starts), ...fit.filter((it) => !starts(it))];
  return ordered.slice(0, most);
}
