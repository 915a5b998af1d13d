import type { Catalogue } from "..";
import type en from "../en/flow";

export default {
  start: "Flow starten",
  stop: "Flow stoppen",
  runNow: "Jetzt ausführen",
  test: "Testen",
  save: "Version sichern",
  undo: "Rückgängig",
  redo: "Wiederholen",
  saved: "Entwurf gesichert",
  saving: "Wird gesichert …",
  unsaved: "Noch nicht gesichert",
  conflict: {
    title: "Dieser Flow wurde anderswo geändert",
    text: "Ein anderer Tab oder eine andere Person hat einen anderen Entwurf gesichert.",
    theirs: "Den anderen nehmen",
    mine: "Eigenen behalten",
  },
  name: "Name des Flows",
  versionSaved: "Version {{version}} gesichert",
  version: "Version {{version}}",
  draft: "Entwurf",
  new: "Neu",
  started: "Flow gestartet",
  stopped: "Flow gestoppt",
} satisfies Catalogue<typeof en>;
