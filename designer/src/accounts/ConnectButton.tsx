import { useTranslation } from "react-i18next";

import type { Connector } from "../flow/catalog";
import { buttonClass } from "../shared/ui/Button";

/** Begins the login at a service; the page comes back connected. */
export function ConnectButton({
  connector,
}: {
  connector: Connector;
  onConnected: (name: string) => void;
}) {
  const { t } = useTranslation("accounts");
  if (connector.auth?.type !== "oauth2") return null;
  return (
    <a className={buttonClass("plain", true)} href={`/auth/${connector.auth.service}/start`}>
      {t("connect", { label: connector.label })}
    </a>
  );
}
