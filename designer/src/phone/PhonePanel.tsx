/** The page of a simulated service beside the canvas, where one runs: people write and answer there. */

import { useQuery } from "@tanstack/react-query";
import { Smartphone } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Panel, Separator } from "react-resizable-panels";

import flowStyle from "../flow/flow.module.css";
import type { Schemas } from "../shared/api/client";
import { me } from "../shared/api/queries";
import { language } from "../shared/texts";
import { useTheme } from "../shell/theme";
import style from "./phone.module.css";

const PHONE = "Phone";

type Simulator = NonNullable<Schemas["Me"]["simulator"]>;

/** Where the simulated service is, and what it is called in the page's language. */
export function useSimulator(): Simulator | null {
  const { t } = useTranslation("flow");
  const simulator = useQuery(me).data?.simulator ?? null;
  if (simulator?.label !== PHONE) return simulator;
  return { ...simulator, label: t("sheets.phone") };
}

export function PhonePanel({ isLoaded }: { isLoaded: boolean }) {
  const simulator = useSimulator();
  if (simulator === null) return null;
  return (
    <>
      <Separator className={flowStyle["separator"] ?? ""} />
      <Panel id="phone" defaultSize="22%" minSize={300} collapsible>
        <Phone simulator={simulator} isLoaded={isLoaded} />
      </Panel>
    </>
  );
}

export function Phone({
  simulator,
  isLoaded = true,
}: {
  simulator: Simulator;
  isLoaded?: boolean;
}) {
  return (
    <section className={style["phone"]} aria-label={simulator.label}>
      <h2 className={style["title"]}>
        <Smartphone size={14} aria-hidden />
        {simulator.label}
      </h2>
      {isLoaded && <Frame url={simulator.url} label={simulator.label} />}
    </section>
  );
}

function Frame({ url, label }: { url: string; label: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const theme = useTheme();
  const [first] = useState(theme);
  const [isLoaded, setLoaded] = useState(false);
  const address = new URL(url);
  const { origin } = address;
  address.searchParams.set("lang", language());
  address.searchParams.set("theme", first);
  // Its address says which it begins with.
  const told = useRef(first);
  useEffect(() => {
    if (!isLoaded || told.current === theme) return;
    told.current = theme;
    frame.current?.contentWindow?.postMessage({ theme }, origin);
  }, [isLoaded, theme, origin]);
  return (
    <iframe
      ref={frame}
      className={style["frame"]}
      title={label}
      src={address.href}
      onLoad={() => setLoaded(true)}
      allow="clipboard-write; microphone"
    />
  );
}
