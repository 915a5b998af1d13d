import type { Catalogue } from "..";
import type en from "../en/canvas";

export default {
  label: "Flow",
  fit: "Alles zeigen",
  arrange: "Anordnen",
  zoomIn: "Vergrößern",
  zoomOut: "Verkleinern",
  minimap: "Karte des Flows",
  empty: {
    title: "Mit einem Auslöser beginnen",
    text: "Womit soll dieser Flow beginnen? Links einen Auslöser wählen oder die Tabulatortaste drücken.",
  },
} satisfies Catalogue<typeof en>;
