/* Starts the page: the bar, the phones, the log, and the connection that keeps them true. */

import { drawBar } from "./bar.js";
import { drawLog } from "./log.js";
import { drawPhones } from "./phones.js";
import { listen } from "./stream.js";
import { t, translatePage } from "./words.js";

function chooseView(view) {
  document.body.dataset.view = view;
  for (const tab of document.querySelectorAll(".views button")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.view === view));
  }
}

function showState(state, text) {
  const link = document.getElementById("link");
  link.dataset.state = state;
  link.textContent = text;
  document.body.dataset.link = state;
  const notice = document.getElementById("notice");
  notice.hidden = state !== "lost";
  notice.textContent = t("The sandbox cannot be reached. What you see may be out of date; the page goes on by itself when it is back.");
}

translatePage();
for (const tab of document.querySelectorAll(".views button")) {
  tab.addEventListener("click", () => chooseView(tab.dataset.view));
}
drawBar(document.getElementById("bar"));
drawPhones(document.getElementById("people"), document.getElementById("row"));
drawLog(document.getElementById("log"));
listen(showState);
