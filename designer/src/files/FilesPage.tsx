import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, take } from "../shared/api/client";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Page } from "../shared/ui/Page";

export default function FilesPage() {
  const { t } = useTranslation("files");
  const { data, error } = useQuery({
    queryKey: ["files"],
    queryFn: async () => (await take(api.GET("/api/files"))).files,
  });
  return (
    <Page title={t("title")}>
      {error !== null && <ErrorNote error={error} />}
      {data?.length === 0 && <Empty title={t("empty.title")} text={t("empty.text")} />}
      <ul>
        {data?.map((each) => (
          <li key={each.id}>
            <a href={`/api/files/${each.id}/content`}>{each.name}</a>
          </li>
        ))}
      </ul>
    </Page>
  );
}
