import type { Catalogue } from "..";
import type en from "../en/admin";

export default {
  title: "Verwaltung",
} satisfies Catalogue<typeof en>;
