import type { Catalogue } from "..";
import type en from "../en/guide";

export default {
  title: "Der erste Flow",
  dismiss: "Erste Schritte schließen",
  done: "erledigt",
  seen: "Schließen",
  show: "Stelle zeigen",
  create: "Leer beginnen",
  goOn: "Weiter mit „{{name}}“",
  finished: "Das war alles: Der Flow antwortet jetzt von selbst.",
  connect: {
    title: "Konto verbinden",
    text: "Damit lesen und schreiben die Flows.",
  },
  trigger: {
    title: "Auslöser hinzufügen",
    text: "Wählen, womit der Flow beginnt, etwa mit einer eingehenden Nachricht.",
  },
  reply: {
    title: "Antwort hinzufügen",
    text: "Wählen, was dann an wen gesendet wird.",
  },
  start: {
    title: "Testen oder starten",
    text: "Ausfüllen, was noch fehlt, dann den Flow starten oder erst testen.",
  },
  write: {
    title: "Etwas schreiben",
    text: "Auf dem Telefon neben dem Flow etwas schreiben.",
    real: "Von einem Telefon aus etwas an die eigene Nummer schreiben.",
  },
  read: {
    title: "Ankommen sehen",
    text: "Den Lauf öffnen: Er zeigt, wann die Antwort zugestellt und gelesen ist.",
    delivered: "Die Antwort ist zugestellt. Jetzt fehlt nur noch, dass sie gelesen wird.",
  },
} satisfies Catalogue<typeof en>;
