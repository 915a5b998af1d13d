/** Files as rows; a long list draws only what is on the screen. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { Copy, Download, FileText, Film, Music, Trash2 } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "../shared/format";
import type { Schemas } from "../shared/api/client";
import { buttonClass, classes, IconButton } from "../shared/ui/Button";
import { Tip } from "../shared/ui/Tip";
import { toast } from "../shared/ui/toasts";
import ui from "../shared/ui/ui.module.css";
import { contentOf, isPicture } from "./pictures";
import style from "./files.module.css";

type StoredFile = Schemas["StoredFile"];

interface Props {
  files: readonly StoredFile[];
  onShow: (file: StoredFile) => void;
  onDelete: (file: StoredFile) => void;
}

const ROW_PX = 60;
const MANY = 100;

export function FileList({ files, onShow, onDelete }: Props) {
  return files.length <= MANY ? (
    <ul className={style["list"]}>
      {files.map((file) => (
        <li key={file.id} className={style["row"]}>
          <Row file={file} onShow={onShow} onDelete={onDelete} />
        </li>
      ))}
    </ul>
  ) : (
    <LongList files={files} onShow={onShow} onDelete={onDelete} />
  );
}

function LongList({ files, onShow, onDelete }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: files.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  return (
    <div ref={box} className={style["long"]} tabIndex={0}>
      <ul style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const file = files[index];
          return (
            file !== undefined && (
              <li
                key={file.id}
                className={style["row"]}
                aria-setsize={files.length}
                aria-posinset={index + 1}
                style={{ transform: `translateY(${start}px)` }}
              >
                <Row file={file} onShow={onShow} onDelete={onDelete} />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

function Row({ file, onShow, onDelete }: Omit<Props, "files"> & { file: StoredFile }) {
  const { t } = useTranslation("files");
  const format = useFormat();
  const copy = async () => {
    // Browsers have no clipboard where they are not sure of the connection.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    await clipboard?.writeText(file.id);
    toast(clipboard === undefined ? t("id", { id: file.id }) : t("copied"));
  };
  return (
    <>
      {isPicture(file) ? (
        <button
          type="button"
          className={style["thumb"]}
          aria-label={t("show", { name: file.name })}
          onClick={() => onShow(file)}
        >
          <img src={contentOf(file)} alt="" loading="lazy" width={44} height={44} />
        </button>
      ) : (
        <span className={style["thumb"]}>
          <KindIcon mediaType={file.mediaType} />
        </span>
      )}
      <div className={style["name"]}>
        <strong title={file.name}>{file.name}</strong>
        <span className="soft">
          {file.mediaType} · {format.bytes(file.sizeBytes)} ·{" "}
          <time dateTime={file.createdAt} title={format.exact(file.createdAt)}>
            {format.ago(file.createdAt)}
          </time>
        </span>
      </div>
      <div className={style["actions"]}>
        <IconButton isSmall label={t("copyId", { name: file.name })} onClick={copy}>
          <Copy size={16} aria-hidden />
        </IconButton>
        <Tip text={t("download", { name: file.name })}>
          <a
            href={contentOf(file)}
            download={file.name}
            aria-label={t("download", { name: file.name })}
            className={classes(buttonClass("quiet", true), ui["icon"])}
          >
            <Download size={16} aria-hidden />
          </a>
        </Tip>
        <IconButton isSmall label={t("delete", { name: file.name })} onClick={() => onDelete(file)}>
          <Trash2 size={16} aria-hidden />
        </IconButton>
      </div>
    </>
  );
}

function KindIcon({ mediaType }: { mediaType: string }) {
  if (mediaType.startsWith("video/")) return <Film size={20} aria-hidden />;
  if (mediaType.startsWith("audio/")) return <Music size={20} aria-hidden />;
  return <FileText size={20} aria-hidden />;
}
