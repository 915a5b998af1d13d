import type { Catalogue } from "..";
import type en from "../en/events";

export default {
  title: "Ereignisse",
  empty: {
    title: "Keine Ereignisse ohne Flow",
    text: "Was ein Dienst meldet und kein Flow nimmt, steht hier.",
  },
} satisfies Catalogue<typeof en>;
