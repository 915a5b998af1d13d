import type { Catalogue } from "..";
import type en from "../en/accounts";

export default {
  title: "Konten",
  connect: "{{label}} verbinden",
  empty: {
    title: "Noch keine Konten",
    text: "Ein Konto verbinden, damit Flows es nutzen können.",
  },
  connected: "verbunden",
  reconnect: "Neu verbinden",
} satisfies Catalogue<typeof en>;
