/** A search, and below it what it finds, in groups: Enter takes what is found first, or is chosen. */

import { Command } from "cmdk";
import { useState, type ReactNode } from "react";

interface Props<Entry> {
  label: string;
  placeholder: string;
  search: string;
  onSearch: (search: string) => void;
  /** What is said where nothing is found. */
  none: string;
  groups: readonly (readonly [string, readonly Entry[]])[];
  keyOf: (entry: Entry) => string;
  isDisabled?: (entry: Entry) => boolean;
  onChoose: (entry: Entry) => void;
  children: (entry: Entry) => ReactNode;
}

export function Chooser<Entry>({
  label,
  placeholder,
  search,
  onSearch,
  none,
  groups,
  keyOf,
  isDisabled = () => false,
  onChoose,
  children,
}: Props<Entry>) {
  const [chosen, setChosen] = useState("");
  return (
    <Command
      shouldFilter={false}
      loop
      label={label}
      value={chosen}
      onValueChange={setChosen}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
        // Whoever types fast gets what the search finds, not what was chosen before it.
        event.preventDefault();
        const all = groups.flatMap(([, entries]) => entries);
        const entry = all.find((each) => keyOf(each) === chosen) ?? all[0];
        if (entry !== undefined) onChoose(entry);
      }}
    >
      <Command.Input
        autoFocus
        value={search}
        onValueChange={(text) => {
          onSearch(text);
          setChosen("");
        }}
        placeholder={placeholder}
      />
      <Command.List>
        <Command.Empty>{none}</Command.Empty>
        {groups.map(([group, entries]) => (
          <Command.Group key={group} heading={group}>
            {entries.map((each) => (
              <Command.Item
                key={keyOf(each)}
                value={keyOf(each)}
                disabled={isDisabled(each)}
                onSelect={() => onChoose(each)}
              >
                {children(each)}
              </Command.Item>
            ))}
          </Command.Group>
        ))}
      </Command.List>
    </Command>
  );
}
