import type { Catalogue } from "..";
import type en from "../en/accounts";

export default {
  title: "Konten",
  all: "Alle Konten",
  connect: "{{label}} verbinden",
  connectAgain: "{{name}} neu verbinden",
  isConnected: "{{name}} ist verbunden",
  goOn: "Bei {{label}} anmelden",
  keep: "Verbinden",
  done: "Fertig",
  cancel: "Abbrechen",
  empty: {
    title: "Noch keine Konten",
    text: "Flows handeln über Konten. Zum Verbinden beim Dienst anmelden; danach geht es hier weiter.",
  },
  gone: {
    title: "Es gibt kein Konto {{name}}",
    text: "Vielleicht wurde es gelöscht, oder es heißt anders.",
  },
  state: {
    connected: "verbunden",
    reconnect: "neu verbinden",
  },
  by: "Verbunden von {{name}}",
  since: "Verbunden seit {{when}}",
  canBeUsed: "Flows können es jetzt nutzen.",
  expiry: {
    never: "Die Erlaubnis läuft nicht ab.",
    until: "Die Erlaubnis gilt bis {{when}}.",
    renewed: "Sie wird von selbst erneuert, das nächste Mal am {{when}}.",
  },
  refresh: "Jetzt erneuern",
  refreshed: "Erlaubnis erneuert",
  reconnect: {
    title: "Es muss neu verbunden werden",
    cure: "Neu verbinden; was darauf wartet, geht von selbst weiter.",
    noConnector: "Der Connector ist nicht installiert. Bis dahin wartet, was gespeichert ist.",
    do: "Neu verbinden",
  },
  usedBy: {
    title: "Laufende Flows, die es nutzen",
    nobody: "Kein laufender Flow nutzt es.",
  },
  facts: "Was der Dienst sagt",
  profile: "Alles, was davon gespeichert ist",
  settings: {
    title: "Einstellungen",
    save: "Einstellungen speichern",
    saved: "Einstellungen gespeichert",
  },
  delete: {
    button: "Konto löschen",
    ask: "„{{name}}“ löschen?",
    text: "Die Erlaubnis wird hier vergessen. Flows, die das Konto nennen, können erst mit einem anderen wieder handeln.",
    stops_one: "Dieser laufende Flow nutzt es und stoppt:",
    stops_other: "Diese {{count}} laufenden Flows nutzen es und stoppen:",
    stopAndDelete_one: "Flow stoppen und löschen",
    stopAndDelete_other: "{{count}} Flows stoppen und löschen",
    done: "Konto {{name}} gelöscht",
  },
  name: {
    label: "Name des Kontos",
    help: "Unter diesem Namen wählen es Schritte aus.",
    taken: "Ein Konto dieses Namens gibt es schon: Es wird neu verbunden.",
    missing: "Es braucht einen Namen.",
    long: "Der Name hat mehr als 100 Zeichen.",
    unprintable: "Der Name enthält ein Zeichen, das sich nicht anzeigen lässt.",
  },
  secret: {
    token: "Zugriffstoken",
    help: "Vor dem Speichern wird geprüft, ob es gilt; angezeigt wird es nie wieder.",
    missing: "Hier einfügen.",
  },
  useToken: "Zugriffstoken verwenden",
  useLogin: "Stattdessen anmelden",
  loginHint:
    "Ein Fenster von {{label}} öffnet sich. Dort anmelden und wählen, was Flows nutzen dürfen.",
  waiting: {
    text: "Die Anmeldung geht im anderen Fenster weiter.",
    hint: "Sobald sie fertig ist, geht es hier von selbst weiter. Kein Fenster? Vielleicht hat der Browser es zurückgehalten.",
    here: "In diesem Fenster anmelden",
    back: "Zurück",
  },
  without: {
    title: "Kein Konto wurde verbunden",
    cause: "Die Anmeldung endete vorzeitig und hat gesagt, warum.",
    cure: "Noch einmal versuchen und erlauben, worum gebeten wird.",
  },
  ended: {
    connected: "{{name}} ist verbunden",
    none: "Kein Konto wurde verbunden",
    close: "Dieses Fenster kann geschlossen werden.",
  },
  notSetUp: {
    title: "{{label}} ist noch nicht eingerichtet",
    cause: "Es fehlt: {{missing}}.",
    cure: "Das geschieht einmal, unter Verwaltung; danach können sich alle anmelden.",
    open: "Verwaltung öffnen",
  },
} satisfies Catalogue<typeof en>;
