/** Connects an account: asks how, waits for the login, and shows what was connected. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Connector } from "../flow/catalog";
import { accounts, queryClient } from "../shared/api/queries";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { Note } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import {
  CHANNEL,
  connectedSince,
  leaveForLogin,
  newTicket,
  openLogin,
  proofOf,
  type Account,
  type Arrival,
  type Ended,
} from "./connecting";
import { ConnectForm } from "./ConnectForm";
import { WhatWasConnected } from "./WhatWasConnected";

type Phase =
  | { at: "asking"; isBackWithout: boolean }
  | { at: "waiting"; name: string; ticket: string; before: string }
  | { at: "done"; name: string };

interface Props {
  connector: Connector;
  /** The account that is connected again; it keeps its name. */
  again?: Account;
  arrival?: Arrival | null;
  onConnected?: (name: string) => void;
  onClose: () => void;
}

export function ConnectDialog({ connector, again, arrival, onConnected, onClose }: Props) {
  const { t } = useTranslation("accounts");
  const { data: known } = useQuery(accounts);
  const [phase, setPhase] = useState<Phase>(() =>
    arrival?.name == null
      ? { at: "asking", isBackWithout: arrival != null }
      : { at: "done", name: arrival.name },
  );
  const own = known?.filter(({ service }) => service === connector.id);
  const done = nameOfDone(phase, connector.id, own ?? []);
  const account = own?.find(({ name }) => name === done);
  const tell = useEffectEvent((name: string) => {
    void queryClient.invalidateQueries({ queryKey: ["accounts"] });
    onConnected?.(name);
  });
  useEffect(() => {
    if (done !== null) tell(done);
  }, [done]);

  const logIn = (name: string) => {
    const ticket = newTicket();
    const before = proofOf(own?.find((each) => each.name === name));
    if (openLogin(connector, name, ticket)) setPhase({ at: "waiting", name, ticket, before });
    else leaveForLogin(connector, name);
  };
  const title =
    done !== null
      ? t("isConnected", { name: done })
      : again === undefined
        ? t("connect", { label: connector.label })
        : t("connectAgain", { name: again.name });
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      {done !== null ? (
        <>
          {account === undefined ? <Loading /> : <WhatWasConnected account={account} />}
          <DialogActions>
            <Button look="main" onClick={onClose}>
              {t("done")}
            </Button>
          </DialogActions>
        </>
      ) : phase.at === "waiting" ? (
        <Waiting
          ticket={phase.ticket}
          onEnded={(name) =>
            setPhase(name === null ? { at: "asking", isBackWithout: true } : { at: "done", name })
          }
          onHere={() => leaveForLogin(connector, phase.name)}
          onBack={() => setPhase({ at: "asking", isBackWithout: false })}
        />
      ) : (
        <>
          {phase.at === "asking" && phase.isBackWithout && (
            <Note
              state="advice"
              title={t("without.title")}
              cause={t("without.cause")}
              cure={t("without.cure")}
            />
          )}
          {own !== undefined && (
            <ConnectForm
              connector={connector}
              own={own}
              again={again}
              onLogin={logIn}
              onKept={(name) => setPhase({ at: "done", name })}
              onClose={onClose}
            />
          )}
        </>
      )}
    </Dialog>
  );
}

function nameOfDone(phase: Phase, service: string, own: readonly Account[]): string | null {
  if (phase.at === "done") return phase.name;
  if (phase.at === "asking") return null;
  return connectedSince(own, service, phase.name, phase.before)?.name ?? null;
}

/** While the login goes on elsewhere; that window is out of our sight as soon as it leaves us. */
function Waiting({
  ticket,
  onEnded,
  onHere,
  onBack,
}: {
  ticket: string;
  onEnded: (name: string | null) => void;
  onHere: () => void;
  onBack: () => void;
}) {
  const { t } = useTranslation("accounts");
  const tell = useEffectEvent((ended: Ended) => {
    if (ended.ticket === ticket) onEnded(ended.name);
  });
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }: MessageEvent<Ended>) => tell(data);
    return () => channel.close();
  }, []);
  return (
    <>
      <div role="status">
        <p>{t("waiting.text")}</p>
        <Loading />
      </div>
      <p className="soft">{t("waiting.hint")}</p>
      <DialogActions>
        <Button look="quiet" onClick={onBack}>
          {t("waiting.back")}
        </Button>
        <Button onClick={onHere}>{t("waiting.here")}</Button>
      </DialogActions>
    </>
  );
}
