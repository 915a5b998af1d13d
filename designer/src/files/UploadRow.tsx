import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { IconButton } from "../shared/ui/Button";
import { ErrorNote } from "../shared/ui/Note";
import style from "./files.module.css";
import { useUploads, type Upload } from "./uploads";

/** A file on its way, or why it was not taken. */
export function UploadRow({ upload }: { upload: Upload }) {
  const { t } = useTranslation("files");
  const forget = useUploads((state) => state.forget);
  if (upload.error !== null) {
    return (
      <li className={style["refused"]}>
        <ErrorNote error={upload.error}>
          <span className="soft">{upload.name}</span>
        </ErrorNote>
        <IconButton
          isSmall
          label={t("forget", { name: upload.name })}
          onClick={() => forget(upload.id)}
        >
          <X size={14} aria-hidden />
        </IconButton>
      </li>
    );
  }
  return (
    <li className={style["upload"]}>
      <span>{upload.name}</span>
      <progress value={upload.share} aria-label={t("progress", { name: upload.name })} />
    </li>
  );
}
