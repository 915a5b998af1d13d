/** A flow on a narrow screen: the canvas, and below it one panel at a time, or none. */

import { Blocks, Logs, Smartphone, SquarePen } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useRoute } from "wouter";

import { Inspector } from "../inspector/Inspector";
import { SidePanel } from "../palette/SidePanel";
import { Phone, useSimulator } from "../phone/PhonePanel";
import { LiveRuns } from "../runs/LiveRuns";
import { useEditor } from "./editor";
import style from "./flow.module.css";

type Sheet = "side" | "inspector" | "runs" | "phone";

export function Sheets({ flowId, children }: { flowId: string; children: ReactNode }) {
  const { t } = useTranslation("flow");
  const [isRun] = useRoute("/flows/:flow/runs/*?");
  const [open, setOpen] = useState<Sheet | null>(isRun ? "runs" : null);
  const chosen = useEditor((state) => (state.selected.length === 1 ? state.selected[0] : null));
  const simulator = useSimulator();
  const [known, setKnown] = useState<string | null>(null);
  if ((chosen ?? null) !== known) {
    // Whoever chooses a step wants to see it.
    setKnown(chosen ?? null);
    if (chosen != null) setOpen("inspector");
  }
  const sheets = [
    { name: "side", label: t("sheets.side"), Icon: Blocks, content: <SidePanel /> },
    { name: "inspector", label: t("sheets.step"), Icon: SquarePen, content: <Inspector /> },
    { name: "runs", label: t("sheets.runs"), Icon: Logs, content: <LiveRuns flowId={flowId} /> },
    ...(simulator === null
      ? []
      : [
          {
            name: "phone",
            label: simulator.label,
            Icon: Smartphone,
            content: <Phone simulator={simulator} />,
          } as const,
        ]),
  ] as const;
  const shown = sheets.find(({ name }) => name === open);
  return (
    <div className={style["narrow"]}>
      <div className={style["narrowCanvas"]} id="canvas">
        {children}
      </div>
      {shown !== undefined && (
        <div
          id={shown.name}
          className={style["sheet"]}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || event.defaultPrevented) return;
            event.preventDefault();
            document.getElementById(`sheet-${shown.name}`)?.focus();
            setOpen(null);
          }}
        >
          {shown.content}
        </div>
      )}
      <div className={style["sheetBar"]} role="toolbar" aria-label={t("sheets.label")}>
        {sheets.map(({ name, label, Icon }) => (
          <button
            key={name}
            type="button"
            id={`sheet-${name}`}
            aria-expanded={name === open}
            onClick={() => setOpen(name === open ? null : name)}
          >
            <Icon size={16} aria-hidden />
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}
