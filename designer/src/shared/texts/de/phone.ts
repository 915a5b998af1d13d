import type { Catalogue } from "..";
import type en from "../en/phone";

export default {
  source: "dem Telefon: die nächste Nachricht",
  waiting: "Auf dem Telefon schreiben",
  writeBeside: "Auf dem Telefon nebenan schreiben, was „{{trigger}}“ hören soll.",
  writeHere: "Hier auf dem Telefon schreiben, was „{{trigger}}“ hören soll.",
  others: "Laufende Flows bekommen es auch, wie immer.",
  giveUp: "Nicht mehr warten",
  nothing: "Nichts angekommen",
  nothingCause: "Fünf Minuten lang hat niemand etwas geschrieben, was der Auslöser annimmt.",
  again: "Noch einmal testen und dann auf dem Telefon schreiben.",
} satisfies Catalogue<typeof en>;
