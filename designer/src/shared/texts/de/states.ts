import type { Catalogue } from "..";
import type en from "../en/states";

export default {
  queued: "eingereiht",
  waiting: "wartet",
  running: "läuft",
  retrying: "neuer Versuch",
  paused: "pausiert",
  completed: "fertig",
  accepted: "angenommen",
  sent: "gesendet",
  delivered: "zugestellt",
  read: "gelesen",
  played: "abgespielt",
  failed: "fehlgeschlagen",
  unknown: "niemand weiß es",
  held: "von Hand pausiert",
  cancelled: "abgebrochen",
} satisfies Catalogue<typeof en>;
