import type { Catalogue } from "..";
import type en from "../en/palette";

export default {
  title: "Komponenten",
  outline: "Gliederung",
  search: "Komponenten suchen",
  none: "Nichts passt zu „{{search}}“.",
  trigger: "Auslöser",
  action: "Aktion",
} satisfies Catalogue<typeof en>;
