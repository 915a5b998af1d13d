/** Which connected account a step uses, and the way to connect one. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { ConnectButton } from "../accounts/ConnectButton";
import type { Component } from "../flow/catalog";
import { changeStep } from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { accounts } from "../shared/api/queries";
import { Labelled, Select } from "../shared/ui/Field";
import style from "./inspector.module.css";

export function AccountField({ name, component }: { name: string; component: Component }) {
  const { t } = useTranslation("inspector");
  const editor = useEditorStore();
  const account = useEditor((state) => state.document.components[name]?.account ?? "");
  const { data: connected = [] } = useQuery(accounts);
  const own = connected.filter((each) => each.service === component.connector.id);
  const names = own.map((each) => each.name);
  const choose = (chosen: string) =>
    editor
      .getState()
      .change((before) => changeStep(before, name, (step) => ({ ...step, account: chosen })));
  return (
    <div className={style["account"]}>
      <Labelled label={t("account")}>
        {(ids) => (
          <Select {...ids} value={account} onChange={(event) => choose(event.target.value)}>
            {!names.includes(account) && (
              <option value={account}>{account || t("noAccount")}</option>
            )}
            {names.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
        )}
      </Labelled>
      <ConnectButton connector={component.connector} onConnected={choose} />
    </div>
  );
}
