import type { Catalogue } from "..";
import type en from "../en/files";

export default {
  title: "Dateien",
  empty: {
    title: "Noch keine Dateien",
    text: "Dateien, die Flows senden oder holen, liegen hier.",
  },
} satisfies Catalogue<typeof en>;
