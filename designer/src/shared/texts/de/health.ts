import type { Catalogue } from "..";
import type en from "../en/health";

export default {
  title: "Zustand",
  fine: "Alles in Ordnung.",
} satisfies Catalogue<typeof en>;
