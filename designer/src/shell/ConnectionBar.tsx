import { useTranslation } from "react-i18next";

import { useConnection } from "../shared/api/stream";
import style from "./shell.module.css";

/** Says that the engine cannot be heard, for as long as that is so. */
export function ConnectionBar() {
  const { t } = useTranslation("shell");
  const isLost = useConnection() === "lost";
  return (
    <div role="status" className={isLost ? style["lost"] : "unseen"}>
      {isLost && t("connection.lost")}
    </div>
  );
}
