/** The owner's files: upload by button or drop, look, copy the id, download, delete. */

import { useQuery } from "@tanstack/react-query";
import { Upload as UploadIcon } from "lucide-react";
import { useRef, useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../shared/api/client";
import { files } from "../shared/api/files";
import { Button, classes } from "../shared/ui/Button";
import { TextInput } from "../shared/ui/Field";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Loading, Page } from "../shared/ui/Page";
import { toast } from "../shared/ui/toasts";
import { DeleteFile } from "./DeleteFile";
import { FileList } from "./FileList";
import style from "./files.module.css";
import { Preview } from "./Preview";
import { UploadRow } from "./UploadRow";
import { useUploads } from "./uploads";

type StoredFile = Schemas["StoredFile"];
const MANY = 8;

export default function FilesPage() {
  const { t } = useTranslation("files");
  const { data, error } = useQuery(files);
  const { uploads, add } = useUploads();
  const [search, setSearch] = useState("");
  const [isOver, setOver] = useState(false);
  const [shown, setShown] = useState<StoredFile | null>(null);
  const [leaving, setLeaving] = useState<StoredFile | null>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const upload = (chosen: FileList_ | null) =>
    add([...(chosen ?? [])], (name) => toast(t("uploaded", { name })));
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    upload(event.dataTransfer.files);
  };
  const wanted = search.trim().toLowerCase();
  const found = data?.filter((each) =>
    [each.name, each.mediaType, each.id].some((text) => text.toLowerCase().includes(wanted)),
  );
  const choose = (
    <Button look="main" onClick={() => chooser.current?.click()}>
      <UploadIcon size={16} aria-hidden />
      {t("upload")}
    </Button>
  );
  return (
    <div
      className={classes(style["target"], isOver && style["over"])}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={drop}
    >
      <Page title={t("title")} actions={choose}>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            upload(event.target.files);
            event.target.value = "";
          }}
        />
        <ul className={style["uploads"]} aria-label={t("uploading")}>
          {uploads.map((each) => (
            <UploadRow key={each.id} upload={each} />
          ))}
        </ul>
        {error !== null && <ErrorNote error={error} />}
        {data === undefined && error === null && <Loading />}
        {data?.length === 0 && uploads.length === 0 && (
          <Empty title={t("empty.title")} text={t("empty.text")} />
        )}
        {data !== undefined && data.length > MANY && (
          <TextInput
            type="search"
            value={search}
            placeholder={t("search")}
            aria-label={t("search")}
            onChange={(event) => setSearch(event.target.value)}
          />
        )}
        {found?.length === 0 && data !== undefined && data.length > 0 && (
          <p className="soft">{t("nothingFound", { search })}</p>
        )}
        {found !== undefined && found.length > 0 && (
          <FileList files={found} onShow={setShown} onDelete={setLeaving} />
        )}
      </Page>
      {isOver && <div className={style["veil"]}>{t("drop")}</div>}
      {shown !== null && <Preview file={shown} onClose={() => setShown(null)} />}
      {leaving !== null && <DeleteFile file={leaving} onClose={() => setLeaving(null)} />}
    </div>
  );
}

type FileList_ = DataTransfer["files"];
