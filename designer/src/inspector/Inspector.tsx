/** The selected step: its account, its form and what it is. */

import { useQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { useTranslation } from "react-i18next";

import { useCatalog } from "../flow/catalog";
import { changeStep, setInput } from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { accounts } from "../shared/api/queries";
import { Labelled, Select } from "../shared/ui/Field";
import { Empty } from "../shared/ui/Page";
import { StepForm } from "./form/StepForm";
import style from "./inspector.module.css";

export function Inspector() {
  const { t } = useTranslation("inspector");
  const selected = useEditor((state) => state.selected);
  const [name, second] = selected;
  if (name === undefined || second !== undefined) {
    return (
      <section className={style["inspector"]} aria-label={t("title")}>
        <Empty title={t("title")} text={t("none")} />
      </section>
    );
  }
  return <StepInspector key={name} name={name} />;
}

function StepInspector({ name }: { name: string }) {
  const { t } = useTranslation("inspector");
  const editor = useEditorStore();
  const step = useEditor((state) => state.document.components[name]);
  const component = useCatalog().components.get(step?.type ?? "");
  if (step === undefined) return null;
  return (
    <section className={style["inspector"]} aria-label={t("title")}>
      <header className={style["head"]}>
        <h2>{step.label ?? name}</h2>
        <p className="soft">{component?.label ?? step.type}</p>
      </header>
      <Tabs.Root defaultValue="setup" className={style["tabs"]}>
        <Tabs.List className={style["tabList"]}>
          <Tabs.Trigger value="setup">{t("setup")}</Tabs.Trigger>
          <Tabs.Trigger value="test">{t("test")}</Tabs.Trigger>
          <Tabs.Trigger value="about">{t("about")}</Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="setup" className={style["tab"]}>
          {component === undefined ? (
            <p>{t("gone")}</p>
          ) : (
            <>
              {component.takesAccount && (
                <AccountField name={name} service={component.connector.id} />
              )}
              <StepForm
                component={component}
                input={step.input ?? {}}
                onChange={(input, field) =>
                  editor
                    .getState()
                    .change((before) => setInput(before, name, input), `${name}.${field}`)
                }
              />
            </>
          )}
        </Tabs.Content>
        <Tabs.Content value="test" className={style["tab"]} />
        <Tabs.Content value="about" className={style["tab"]}>
          <p>{component?.description}</p>
        </Tabs.Content>
      </Tabs.Root>
    </section>
  );
}

function AccountField({ name, service }: { name: string; service: string }) {
  const { t } = useTranslation("inspector");
  const editor = useEditorStore();
  const account = useEditor((state) => state.document.components[name]?.account ?? "");
  const { data: connected = [] } = useQuery(accounts);
  const own = connected.filter((each) => each.service === service);
  const names = own.map((each) => each.name);
  return (
    <Labelled label={t("account")}>
      {(ids) => (
        <Select
          {...ids}
          value={account}
          onChange={(event) =>
            editor
              .getState()
              .change((before) =>
                changeStep(before, name, (step) => ({ ...step, account: event.target.value })),
              )
          }
        >
          {!names.includes(account) && <option value={account}>{account || t("noAccount")}</option>}
          {names.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </Select>
      )}
    </Labelled>
  );
}
