import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

import { classes } from "./Button";
import style from "./ui.module.css";

interface Props {
  title: string;
  isOpen: boolean;
  isWide?: boolean;
  onClose: () => void;
  children: ReactNode;
}

export function Dialog({ title, isOpen, isWide = false, onClose, children }: Props) {
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={style["veil"]} />
        <Radix.Content
          className={classes(style["dialog"], isWide && style["wide"])}
          aria-describedby={undefined}
        >
          <Radix.Title className={style["dialogTitle"]}>{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={style["actions"]}>{children}</div>;
}
