import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

import style from "./ui.module.css";

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  keys?: string;
  isDisabled?: boolean;
  onSelect: () => void;
}

/** A button's menu; `null` draws a line between items. */
export function Menu({ items, children }: { items: (MenuItem | null)[]; children: ReactNode }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{children}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={style["menu"]} sideOffset={4} align="end">
          {items.map((item, at) =>
            item === null ? (
              <DropdownMenu.Separator key={at} />
            ) : (
              <DropdownMenu.Item
                key={item.label}
                className={style["item"]}
                disabled={item.isDisabled ?? false}
                onSelect={item.onSelect}
              >
                {item.icon}
                {item.label}
                {item.keys !== undefined && <kbd>{item.keys}</kbd>}
              </DropdownMenu.Item>
            ),
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
