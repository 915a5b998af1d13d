/* The page in a panel of another one: one phone, and in a strip above it whose it is. */

import { drawChooser } from "./chooser.js";
import { clockMenu } from "./clock.js";
import { el } from "./dom.js";
import { createSwitches, createWindowLine, windowOf } from "./holder.js";
import { moreMenu } from "./more.js";
import { tellParent } from "./parent.js";
import { createPhone } from "./phone.js";
import { on, openPhones, store, view } from "./store.js";
import { listen } from "./stream.js";
import { t, translatePage } from "./words.js";

const row = document.getElementById("row");
const more = moreMenu();
let phone = null;
let switches = null;

function drawRow() {
  const [key] = openPhones();
  if (!key) {
    phone = null;
    row.replaceChildren(el("p", { class: "waiting" }, t("There is nobody here yet. Add a person above.")));
    return;
  }
  if (phone?.key !== key) {
    phone = createPhone(key, createWindowLine);
    switches = createSwitches(phone);
    more.hold(switches.root);
    row.replaceChildren(phone.root);
  }
  phone.draw();
  switches.draw(store.people.get(key));
}

function drawPerson() {
  if (!phone || !store.people.has(phone.key)) return;
  phone.drawPerson();
  switches.draw(store.people.get(phone.key));
}

function showState(state) {
  document.body.dataset.link = state;
  const notice = document.getElementById("notice");
  notice.hidden = state !== "lost";
  notice.textContent = t("The sandbox cannot be reached. The page goes on by itself when it is back.");
}

view.phones = 1;
view.hasLog = false;
translatePage();
drawChooser(document.getElementById("people"));
document.getElementById("tools").append(...clockMenu(() => (phone ? windowOf(phone).left : 0)), ...more.parts);
on("row", drawRow);
on("people", drawPerson);
on("clock", drawPerson);
on("phone", (keys) => keys.has(phone?.key) && phone.draw());
setInterval(() => phone?.drawWindow(), 1000);
tellParent();
listen(showState);
