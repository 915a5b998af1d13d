import { Plug } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Connector } from "../flow/catalog";
import { Button } from "../shared/ui/Button";
import { forgetArrival, useArrival } from "./arrival";
import { ConnectDialog } from "./ConnectDialog";

/** Opens the dialog that connects an account, and tells the name of what was connected. */
export function ConnectButton({
  connector,
  onConnected,
}: {
  connector: Connector;
  onConnected: (name: string) => void;
}) {
  const { t } = useTranslation("accounts");
  const [isOpen, setOpen] = useState(false);
  const arrival = useArrival(connector.id);
  if (connector.auth == null) return null;
  const close = () => {
    setOpen(false);
    forgetArrival();
  };
  return (
    <>
      <Button isSmall onClick={() => setOpen(true)}>
        <Plug size={14} aria-hidden />
        {t("connect", { label: connector.label })}
      </Button>
      {(isOpen || arrival !== null) && (
        <ConnectDialog
          connector={connector}
          arrival={arrival}
          onConnected={onConnected}
          onClose={close}
        />
      )}
    </>
  );
}
