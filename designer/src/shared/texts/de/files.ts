import type { Catalogue } from "..";
import type en from "../en/files";

export default {
  title: "Dateien",
  empty: {
    title: "Noch keine Dateien",
    text: "Dateien, die Flows senden oder holen, liegen hier. Eine hochladen oder irgendwo auf dieser Seite ablegen.",
  },
  upload: "Dateien hochladen",
  uploading: "Dateien unterwegs",
  uploaded: "{{name}} hochgeladen",
  progress: "{{name}} wird hochgeladen",
  forget: "Meldung zu {{name}} ausblenden",
  drop: "Zum Hochladen hier ablegen",
  search: "Dateien durchsuchen",
  nothingFound: "Keine Datei passt zu „{{search}}“.",
  show: "{{name}} anzeigen",
  copyId: "ID von {{name}} kopieren",
  id: "Die ID ist {{id}}",
  copied: "ID kopiert",
  download: "{{name}} herunterladen",
  downloadIt: "Herunterladen",
  close: "Schließen",
  cancel: "Abbrechen",
  delete: "{{name}} löschen",
  deleteAsk: "„{{name}}“ löschen?",
  deleteText:
    "Schritte, die diese Datei senden, schlagen dann fehl. Sie lässt sich nicht zurückholen.",
  deleteIt: "Datei löschen",
  deleted: "{{name}} gelöscht",
} satisfies Catalogue<typeof en>;
