import { MiniMap, Panel, useReactFlow } from "@xyflow/react";
import { Map as MapIcon, Maximize, Minus, Network, Plus, StickyNote } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

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
