/** The selected step: its account and form, a test of it, and what it is. */

import { Tabs } from "radix-ui";
import { lazy, Suspense, useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";

import { useCatalog } from "../flow/catalog";
import { useEditor } from "../flow/editor";
import { Note } from "../shared/ui/Note";
import { Empty, Loading } from "../shared/ui/Page";
import { AboutTab } from "./AboutTab";
import { focusField } from "./form/focus-field";
import style from "./inspector.module.css";
import { TestTab } from "./TestTab";
import type { Refused } from "./trying";

// Forms are the heaviest part of the page, and come with the first step that is chosen.
const SetupTab = lazy(() => import("./SetupTab"));

function FormLoading() {
  return (
    <div data-loading>
      <Loading />
    </div>
  );
}

export function Inspector() {
  const { t } = useTranslation("inspector");
  const selected = useEditor((state) => state.selected);
  const [only, second] = selected;
  const isMoving = useEditor((state) => state.isMoving);
  const [chosen, setChosen] = useState<string>();
  // Whoever drags a step chooses it with that; its form comes when it is where it belongs.
  const wanted = isMoving ? chosen : second === undefined ? only : undefined;
  if (wanted !== chosen) setChosen(wanted);
  const name = useDeferredValue(wanted);
  const isThere = useEditor(({ document }) => name !== undefined && name in document.components);
  return (
    <section className={style["inspector"]} aria-label={t("title")} data-of={name}>
      {name === undefined || !isThere ? (
        <Empty title={t("title")} text={t("none")} />
      ) : (
        <StepInspector key={name} name={name} />
      )}
    </section>
  );
}

function StepInspector({ name }: { name: string }) {
  const { t } = useTranslation("inspector");
  const type = useEditor((state) => state.document.components[name]?.type ?? "");
  const label = useEditor((state) => state.document.components[name]?.label ?? name);
  const component = useCatalog().components.get(type);
  const [tab, setTab] = useState("setup");
  const [refused, setRefused] = useState<Refused | null>(null);
  return (
    <>
      <header className={style["head"]}>
        {component !== undefined && (
          <img src={component.connector.icon} alt="" width={28} height={28} />
        )}
        <div>
          <h2>{label}</h2>
          <p className="soft">{component?.label ?? type}</p>
        </div>
      </header>
      {component === undefined ? (
        <div className={style["tab"]}>
          <Note title={t("gone")} cause={type} cure={t("goneCure")} />
        </div>
      ) : (
        <Tabs.Root value={tab} onValueChange={setTab} className={style["tabs"]}>
          <Tabs.List className={style["tabList"]}>
            <Tabs.Trigger value="setup">{t("setup")}</Tabs.Trigger>
            <Tabs.Trigger value="test">{t("test")}</Tabs.Trigger>
            <Tabs.Trigger value="about">{t("about")}</Tabs.Trigger>
          </Tabs.List>
          <Tabs.Content value="setup" className={style["tab"]}>
            <Suspense fallback={<FormLoading />}>
              <SetupTab name={name} component={component} refused={refused} />
            </Suspense>
          </Tabs.Content>
          <Tabs.Content value="test" className={style["tab"]}>
            <TestTab
              name={name}
              component={component}
              onRefused={setRefused}
              onField={(field) => {
                setTab("setup");
                focusField(name, field);
              }}
            />
          </Tabs.Content>
          <Tabs.Content value="about" className={style["tab"]}>
            <AboutTab component={component} />
          </Tabs.Content>
        </Tabs.Root>
      )}
    </>
  );
}
