import type { Catalogue } from "..";
import type en from "../en/inspector";

export default {
  title: "Schritt",
  setup: "Einrichten",
  test: "Testen",
  about: "Über",
  none: "Einen Schritt wählen, um ihn einzurichten.",
  account: "Konto",
  noAccount: "Noch keines",
  gone: "Diese Komponente ist nicht installiert.",
  name: "Name des Schritts",
} satisfies Catalogue<typeof en>;
