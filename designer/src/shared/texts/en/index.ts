import accounts from "./accounts";
import admin from "./admin";
import canvas from "./canvas";
import commands from "./commands";
import errors from "./errors";
import events from "./events";
import files from "./files";
import flow from "./flow";
import guide from "./guide";
import health from "./health";
import inspector from "./inspector";
import outline from "./outline";
import palette from "./palette";
import phone from "./phone";
import runs from "./runs";
import shell from "./shell";
import start from "./start";
import states from "./states";

export default {
  accounts,
  admin,
  canvas,
  commands,
  errors,
  events,
  files,
  flow,
  guide,
  health,
  inspector,
  outline,
  palette,
  phone,
  runs,
  shell,
  start,
  states,
};
