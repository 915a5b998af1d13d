/** Where a login in a window of its own ends: it tells the page behind it, and closes. */

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { Empty } from "../shared/ui/Page";
import { CHANNEL, endedOf } from "./connecting";

export default function LoginEnded() {
  const { t } = useTranslation("accounts");
  const [ended] = useState(() => endedOf(new URL(window.location.href)));
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.postMessage(ended);
    channel.close();
    window.close();
  }, [ended]);
  const how = ended.name === null ? "none" : "connected";
  return (
    <main>
      <Empty title={t(`ended.${how}`, { name: ended.name })} text={t("ended.close")} />
    </main>
  );
}
