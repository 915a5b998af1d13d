import type { Catalogue } from "..";
import type en from "../en/start";

export default {
  title: "Flows",
  new: "Neuer Flow",
  newName: "Unbenannter Flow",
  import: "Importieren",
  empty: {
    title: "Noch keine Flows",
    text: "Mit einem der Beispiele oder einem leeren Flow beginnen.",
  },
  examples: "Beispiele",
  use: "Verwenden",
  running: "läuft",
  stopped: "gestoppt",
  draft: "Entwurf",
} satisfies Catalogue<typeof en>;
