/** All keys of the page, from the table that the handlers use. */

import { useTranslation } from "react-i18next";
import { create } from "zustand";

import { Dialog } from "../shared/ui/Dialog";
import style from "./commands/commands.module.css";
import { AREAS, KEYS, keyText, type KeyName } from "./keys";

const useSheet = create(() => ({ isOpen: false }));

export function openSheet(isOpen = true): void {
  useSheet.setState({ isOpen });
}

export function KeySheet() {
  const { t } = useTranslation("commands");
  const isOpen = useSheet((state) => state.isOpen);
  const names = Object.keys(KEYS) as KeyName[];
  return (
    <Dialog title={t("keys")} isOpen={isOpen} isWide onClose={() => openSheet(false)}>
      <div className={style["sheet"]}>
        {AREAS.map((area) => (
          <section key={area} className={style["area"]}>
            <h3>{t(`areas.${area}`)}</h3>
            <dl>
              {names
                .filter((name) => KEYS[name].area === area)
                .map((name) => (
                  <div key={name}>
                    <dt>{t(`key.${name}`)}</dt>
                    <dd>
                      <kbd>{keyText(name)}</kbd>
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
