import type { Catalogue } from "..";
import type en from "../en/phone";

export default {
  title: "Telefon",
} satisfies Catalogue<typeof en>;
