/** A stored file: one of those that are there, or one that is uploaded now. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";

import { files, uploadFile } from "../../shared/api/files";
import { Button } from "../../shared/ui/Button";
import { Select } from "../../shared/ui/Field";
import { ErrorNote } from "../../shared/ui/Note";
import style from "../inspector.module.css";
import type { ValueProps } from "./ValueField";

export default function FileValue({ id, value, isInvalid, onChange }: ValueProps) {
  const { t } = useTranslation("inspector");
  const client = useQueryClient();
  const chooser = useRef<HTMLInputElement>(null);
  const { data = [] } = useQuery(files);
  const text = typeof value === "string" ? value : "";
  const upload = useMutation({
    mutationFn: uploadFile,
    onSuccess: (file) => {
      onChange(file.id);
      return client.invalidateQueries({ queryKey: ["files"] });
    },
  });
  return (
    <div className={style["grow"]}>
      <Select
        id={id}
        aria-describedby={`${id}-help`}
        aria-invalid={isInvalid}
        value={text}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">{t("chooseOne")}</option>
        {text !== "" && !data.some((file) => file.id === text) && (
          <option value={text}>{text}</option>
        )}
        {data.map((file) => (
          <option key={file.id} value={file.id}>
            {file.name}
          </option>
        ))}
      </Select>
      <input
        ref={chooser}
        type="file"
        hidden
        aria-label={t("upload")}
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file !== undefined) upload.mutate(file);
        }}
      />
      <Button isSmall disabled={upload.isPending} onClick={() => chooser.current?.click()}>
        <Upload size={14} aria-hidden />
        {t(upload.isPending ? "uploading" : "upload")}
      </Button>
      {upload.error !== null && <ErrorNote error={upload.error} />}
    </div>
  );
}
