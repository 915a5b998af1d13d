import type { Catalogue } from "..";
import type en from "../en/runs";

export default {
  title: "Läufe",
  empty: {
    title: "Noch keine Läufe",
    text: "Sie erscheinen hier, sobald ein Flow begonnen hat.",
  },
  started: "Begonnen",
  flow: "Flow",
  state: "Zustand",
  live: "Laufendes",
} satisfies Catalogue<typeof en>;
