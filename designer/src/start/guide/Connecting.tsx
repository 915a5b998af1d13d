import { useState } from "react";

import { ConnectButton } from "../../accounts/ConnectButton";
import type { Connector } from "../../flow/catalog";

/** Connects a first account; what was connected can still be looked at when that is done. */
export function Connecting({
  connectors,
  isDone,
}: {
  connectors: readonly Connector[];
  isDone: boolean;
}) {
  const [wasUsed, setUsed] = useState(false);
  const connector = connectors.find(({ auth }) => auth?.type === "oauth2");
  if (connector === undefined || (isDone && !wasUsed)) return null;
  return (
    <span hidden={isDone} onClickCapture={() => setUsed(true)}>
      <ConnectButton connector={connector} onConnected={() => undefined} />
    </span>
  );
}
