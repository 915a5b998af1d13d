import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { api, take } from "../shared/api/client";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Loading, Page } from "../shared/ui/Page";
import { Sign } from "../shared/ui/Sign";

export default function RunsPage() {
  const { t } = useTranslation("runs");
  const { data, error } = useQuery({
    queryKey: ["runs", "list"],
    queryFn: async () => (await take(api.GET("/api/runs"))).runs,
  });
  return (
    <Page title={t("title")}>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.length === 0 && <Empty title={t("empty.title")} text={t("empty.text")} />}
      <ul>
        {data?.map((each) => (
          <li key={each.id}>
            <Link href={`/runs/${each.id}`}>
              <Sign state={each.status} /> {each.flowId}
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  );
}
