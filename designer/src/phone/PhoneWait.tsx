/** What to do while the phone is waited for, and how to end that. */

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../shared/ui/Button";
import { Note } from "../shared/ui/Note";
import { Sign } from "../shared/ui/Sign";
import style from "./phone.module.css";
import { Phone, useSimulator } from "./PhonePanel";

export function PhoneWait({
  trigger,
  isAlone,
  onGiveUp,
}: {
  /** What the trigger is called that hears it. */
  trigger: string;
  /** There is no phone beside it to write on. */
  isAlone: boolean;
  onGiveUp: () => void;
}) {
  const { t } = useTranslation("phone");
  const simulator = useSimulator();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // A browser may give a promise for it, which would be taken for how to end the effect.
    box.current?.scrollIntoView({ block: "start" });
  }, []);
  return (
    <div ref={box} role="status" className={style["wait"]}>
      <Note
        state="advice"
        title={t("waiting")}
        cause={t(isAlone ? "writeHere" : "writeBeside", { trigger })}
        cure={t("others")}
      >
        <span className={style["waitEnd"]}>
          <Sign state="waiting" />
          <Button isSmall onClick={onGiveUp}>
            {t("giveUp")}
          </Button>
        </span>
      </Note>
      {isAlone && simulator !== null && (
        <div className={style["inside"]}>
          <Phone simulator={simulator} />
        </div>
      )}
    </div>
  );
}

/** Nobody wrote for as long as it was waited for. */
export function NothingHeard() {
  const { t } = useTranslation("phone");
  return <Note state="advice" title={t("nothing")} cause={t("nothingCause")} cure={t("again")} />;
}
