import type { Catalogue } from "..";
import type en from "../en/outline";

export default {
  title: "Gliederung des Flows",
  empty: "Noch kein Schritt. Mit + kommt einer hinzu.",
  again: "steht schon weiter oben",
  faults_one: "{{count}} Fehler",
  faults_other: "{{count}} Fehler",
} satisfies Catalogue<typeof en>;
