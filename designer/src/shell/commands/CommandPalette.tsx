/** Everything there is to do, and everywhere there is to go, by its name. */

import { useQuery } from "@tanstack/react-query";
import { Dialog } from "radix-ui";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { api, take } from "../../shared/api/client";
import { accounts, flows } from "../../shared/api/queries";
import { Chooser } from "../../shared/ui/Chooser";
import { openSheet } from "../KeySheet";
import { keyText } from "../keys";
import style from "./commands.module.css";
import { fitting, openCommands, useRegistry, type Command as Offered } from "./registry";

const MOST = 60;
const PLACES = ["flows", "runs", "events", "accounts", "files", "health"] as const;

export default function CommandPalette() {
  const { t } = useTranslation("commands");
  const [search, setSearch] = useState("");
  const commands = useAll();
  const groups = useMemo(() => {
    const found = new Map<string, Offered[]>();
    for (const each of fitting(commands, search, MOST)) {
      found.set(each.group, [...(found.get(each.group) ?? []), each]);
    }
    return [...found];
  }, [commands, search]);
  const run = (command: Offered) => {
    if (command.isDisabled === true) return;
    openCommands(false);
    // What it opens takes the keyboard after this has given it back.
    setTimeout(command.run);
  };
  return (
    <Dialog.Root open onOpenChange={(isOpen) => openCommands(isOpen)}>
      <Dialog.Portal>
        <Dialog.Overlay className={style["veil"]} />
        <Dialog.Content className={style["palette"]} aria-describedby={undefined}>
          <Dialog.Title className="unseen">{t("title")}</Dialog.Title>
          <Chooser
            label={t("title")}
            placeholder={t("search")}
            search={search}
            onSearch={setSearch}
            none={t("none", { search })}
            groups={groups}
            keyOf={({ id }) => id}
            isDisabled={({ isDisabled = false }) => isDisabled}
            onChoose={run}
          >
            {(each) => (
              <>
                {each.icon !== undefined && <img src={each.icon} alt="" width={20} height={20} />}
                <span>{each.label}</span>
                {each.key !== undefined && <kbd>{keyText(each.key)}</kbd>}
              </>
            )}
          </Chooser>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** What the page in view offers first, then where one can go. */
function useAll(): Offered[] {
  const { t } = useTranslation("commands");
  const shell = useTranslation("shell").t;
  const [, navigate] = useLocation();
  const parts = useRegistry((state) => state.parts);
  const known = useQuery(flows);
  const connected = useQuery(accounts);
  const runs = useQuery({
    queryKey: ["runs", "latest"],
    queryFn: () => take(api.GET("/api/runs", { params: { query: { limit: 20 } } })),
  });
  return useMemo(() => {
    const go = (id: string, label: string, group: string, to: string): Offered => ({
      id,
      label,
      group,
      run: () => navigate(to),
    });
    const stored = known.data?.flows ?? [];
    const drafts = (known.data?.drafts ?? []).filter(
      ({ id }) => !stored.some((each) => each.id === id),
    );
    return [
      ...[...parts.values()].flat(),
      { id: "sheet", label: t("keys"), group: t("general"), key: "sheet", run: () => openSheet() },
      ...PLACES.map((place) => go(`place.${place}`, shell(place), t("places"), `/${place}`)),
      ...[...stored, ...drafts].map(({ id, name }) =>
        go(`flow.${id}`, name || id, t("flows"), `/flows/${encodeURIComponent(id)}`),
      ),
      ...(connected.data ?? []).map(({ name }) =>
        go(`account.${name}`, name, t("accounts"), `/accounts/${encodeURIComponent(name)}`),
      ),
      ...(runs.data?.runs ?? []).map(({ id, flowId, flowName }) =>
        go(`run.${id}`, `${flowName ?? flowId} · ${id.slice(0, 8)}`, t("runs"), `/runs/${id}`),
      ),
    ];
  }, [connected.data, known.data, navigate, parts, runs.data, shell, t]);
}
