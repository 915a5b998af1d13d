import type { Catalogue } from "..";
import type en from "../en/errors";

export default {
  offline: {
    title: "Die Engine ist nicht erreichbar",
    cause: "Die Anfrage kam nicht durch.",
    cure: "Sobald die Verbindung wieder da ist, wird sie wiederholt.",
  },
  ours: {
    title: "Die Seite hat einen Fehler gemacht",
    cure: "Die Seite neu laden; Gespeichertes geht nicht verloren.",
  },
} satisfies Catalogue<typeof en>;
