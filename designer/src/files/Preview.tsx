import { useTranslation } from "react-i18next";

import type { Schemas } from "../shared/api/client";
import { Button, buttonClass } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import style from "./files.module.css";
import { contentOf } from "./pictures";

/** A picture as large as the screen lets it be. */
export function Preview({ file, onClose }: { file: Schemas["StoredFile"]; onClose: () => void }) {
  const { t } = useTranslation("files");
  return (
    <Dialog title={file.name} isOpen isWide onClose={onClose}>
      <img className={style["picture"]} src={contentOf(file)} alt={file.name} />
      <DialogActions>
        <a href={contentOf(file)} download={file.name} className={buttonClass()}>
          {t("downloadIt")}
        </a>
        <Button look="main" onClick={onClose}>
          {t("close")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
