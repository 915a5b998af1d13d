import { MiniMap, Panel, useReactFlow } from "@xyflow/react";
import { Map as MapIcon, Maximize, Minus, Network, Plus, StickyNote } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { useCommands, type Command } from "../shell/commands/registry";
import { keyText } from "../shell/keys";
import { IconButton } from "../shared/ui/Button";
import style from "./canvas.module.css";
import { useCanvasActions } from "./useCanvasActions";

const KEY = "appmixer.minimap";

/** What can be done with the drawing as a whole. */
export function Tools() {
  const { t } = useTranslation("canvas");
  const { zoomIn, zoomOut } = useReactFlow();
  const { fit, tidy, writeNote } = useCanvasActions();
  const group = useTranslation("commands").t("view");
  const commands = useMemo(
    (): Command[] => [
      { id: "fit", label: t("fit"), group, key: "fit", run: fit },
      { id: "arrange", label: t("arrange"), group, key: "arrange", run: tidy },
      { id: "note", label: t("addNote"), group, key: "note", run: writeNote },
    ],
    [fit, group, t, tidy, writeNote],
  );
  useCommands("canvas", commands);
  const [hasMap, setMap] = useState(() => localStorage.getItem(KEY) === "open");
  const toggle = () => {
    localStorage.setItem(KEY, hasMap ? "folded" : "open");
    setMap(!hasMap);
  };
  return (
    <>
      <Panel position="bottom-left" className={style["tools"] ?? ""}>
        <IconButton isSmall label={t("zoomOut")} onClick={() => void zoomOut()}>
          <Minus size={15} aria-hidden />
        </IconButton>
        <IconButton isSmall label={t("zoomIn")} onClick={() => void zoomIn()}>
          <Plus size={15} aria-hidden />
        </IconButton>
        <IconButton isSmall label={t("fit")} keys={keyText("fit")} onClick={fit}>
          <Maximize size={15} aria-hidden />
        </IconButton>
        <IconButton isSmall label={t("arrange")} keys={keyText("arrange")} onClick={tidy}>
          <Network size={15} aria-hidden />
        </IconButton>
        <IconButton isSmall label={t("addNote")} keys={keyText("note")} onClick={writeNote}>
          <StickyNote size={15} aria-hidden />
        </IconButton>
        <IconButton isSmall label={t("minimap")} aria-pressed={hasMap} onClick={toggle}>
          <MapIcon size={15} aria-hidden />
        </IconButton>
      </Panel>
      {hasMap && <MiniMap pannable zoomable ariaLabel={t("minimap")} />}
    </>
  );
}
