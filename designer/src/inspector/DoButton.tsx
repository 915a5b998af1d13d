/** Lets a component do its work at once: what a finding or a failed step is mended with. */

import { Wrench } from "lucide-react";
import { lazy, Suspense, useState } from "react";

import type { Input } from "../flow/document";
import { Button } from "../shared/ui/Button";
import type { DoProps } from "./DoDialog";

// It has a form, and forms are the heaviest part of the page.
const DoDialog = lazy(() => import("./DoDialog"));

interface Props extends Pick<DoProps, "component" | "account"> {
  given?: Input;
  look?: "main" | "plain";
  onDone?: () => void;
}

export function DoButton({ component, account, given = {}, look = "plain", onDone }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button isSmall look={look} onClick={() => setOpen(true)}>
        <Wrench size={14} aria-hidden />
        {component.label}
      </Button>
      {isOpen && (
        <Suspense>
          <DoDialog
            component={component}
            account={account}
            given={given}
            onDone={() => onDone?.()}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
