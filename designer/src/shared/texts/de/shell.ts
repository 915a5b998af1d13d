import type { Catalogue } from "..";
import type en from "../en/shell";

export default {
  flows: "Flows",
  runs: "Läufe",
  events: "Ereignisse",
  accounts: "Konten",
  files: "Dateien",
  health: "Zustand",
  admin: "Verwaltung",
  loading: "Wird geladen …",
  firstSteps: "Erste Schritte",
  signOut: "Abmelden",
  theme: {
    system: "Design des Systems",
    light: "Helles Design",
    dark: "Dunkles Design",
  },
  language: "Sprache",
  palette: "Alles durchsuchen",
  connection: {
    lost: "Die Verbindung zur Engine ist unterbrochen. Änderungen bleiben erhalten und werden gesendet, sobald sie wieder da ist.",
  },
  notFound: {
    title: "Unter dieser Adresse ist nichts",
    text: "Vielleicht wurde es gelöscht, oder der Link ist unvollständig.",
    back: "Zu den Flows",
  },
  broken: {
    title: "Diese Seite kann nicht gezeigt werden",
    cause: "Worum es auf ihr geht, hat eine andere Form als erwartet: {{error}}",
    cure: "Die Seite neu laden. Hilft das nicht, zurückgehen und löschen oder ersetzen, worum es auf ihr geht.",
  },
  signIn: {
    title: "Nicht angemeldet",
    text: "Den Link öffnen, den „appmixer up“ ausgegeben hat, oder mit „appmixer link“ einen neuen holen.",
    expired:
      "Dieser Link wurde schon benutzt oder ist zu alt. Ein neuer kommt mit „appmixer link“.",
  },
  bell: {
    title: "Was zu wissen ist",
    label_zero: "Meldungen",
    label_one: "Meldungen, {{count}} neu",
    label_other: "Meldungen, {{count}} neu",
    none: "Es gibt nichts zu wissen: Allen Flows und Konten geht es gut.",
    new: "Neu: {{title}}",
    isNew: "neu",
  },
  skip: "Zum Inhalt springen",
  cancel: "Abbrechen",
  close: "Schließen",
  more: "Mehr",
  account: "Angemeldet als {{name}}",
} satisfies Catalogue<typeof en>;
