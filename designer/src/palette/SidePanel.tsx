/** Beside the canvas: what a flow can be made of, and what this one is made of. */

import { Tabs } from "radix-ui";
import { useTranslation } from "react-i18next";

import { Outline } from "../outline/Outline";
import { Palette } from "./Palette";
import style from "./palette.module.css";

export function SidePanel() {
  const { t } = useTranslation("palette");
  return (
    <Tabs.Root defaultValue="components" className={style["side"]}>
      <Tabs.List className={style["tabs"]}>
        <Tabs.Trigger value="components">{t("title")}</Tabs.Trigger>
        <Tabs.Trigger value="outline">{t("outline")}</Tabs.Trigger>
      </Tabs.List>
      <Tabs.Content value="components" className={style["tab"]} tabIndex={-1}>
        <Palette />
      </Tabs.Content>
      <Tabs.Content value="outline" className={style["tab"]} tabIndex={-1}>
        <Outline />
      </Tabs.Content>
    </Tabs.Root>
  );
}
