import type { Catalogue } from "..";
import type en from "../en/canvas";

export default {
  label: "Flow",
  help: "Tab fügt einen Schritt hinzu, die Pfeiltasten folgen den Verbindungen, Enter öffnet einen Schritt, F6 verlässt die Zeichenfläche, und ? zeigt alle Tasten. Die Gliederung zeigt denselben Flow als Baum.",
  fit: "Alles zeigen",
  arrange: "Anordnen",
  zoomIn: "Vergrößern",
  zoomOut: "Verkleinern",
  minimap: "Karte des Flows",
  addNote: "Notiz schreiben",
  empty: {
    title: "Mit einem Auslöser beginnen",
    text: "Womit soll dieser Flow beginnen? Links einen Auslöser wählen oder die Tabulatortaste drücken.",
  },
  step: "Schritt",
  note: "Notiz",
  noteEmpty: "Zum Schreiben doppelt klicken",
  color: "Farbe der Notiz",
  colors: { yellow: "Gelb", green: "Grün", blue: "Blau", red: "Rot", grey: "Grau" },
  name: "Name des Schritts",
  faults_one: "{{count}} Fehler",
  faults_other: "{{count}} Fehler",
  add: "Schritt hinzufügen",
  addSearch: "Was kommt als Nächstes?",
  addNone: "Nichts passt zu „{{search}}“.",
  addAfter: "Schritt nach {{step}} bei {{port}} hinzufügen",
  insert: "Schritt zwischen {{from}} und {{to}} einfügen",
  disconnect: "Verbindung von {{from}} zu {{to}} entfernen",
  refusal: {
    trigger: "Mit einem Auslöser beginnt ein Flow, deshalb kann nichts zu ihm führen.",
    itself: "Ein Schritt kann nicht zu sich selbst führen.",
    round: "Das führte im Kreis: Dieser Schritt kommt schon vor dem anderen.",
  },
} satisfies Catalogue<typeof en>;
