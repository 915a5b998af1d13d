import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, take } from "../shared/api/client";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Loading, Page } from "../shared/ui/Page";

export default function EventsPage() {
  const { t } = useTranslation("events");
  const { data, error } = useQuery({
    queryKey: ["events", "unrouted"],
    queryFn: async () =>
      (await take(api.GET("/api/events", { params: { query: { unrouted: true } } }))).events,
  });
  return (
    <Page title={t("title")}>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.length === 0 && <Empty title={t("empty.title")} text={t("empty.text")} />}
      <ul>
        {data?.map((each) => (
          <li key={each.id}>
            {each.kind} {each.eventId}
          </li>
        ))}
      </ul>
    </Page>
  );
}
