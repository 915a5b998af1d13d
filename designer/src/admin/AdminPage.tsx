import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, take } from "../shared/api/client";
import { ErrorNote } from "../shared/ui/Note";
import { Page } from "../shared/ui/Page";

export default function AdminPage() {
  const { t } = useTranslation("admin");
  const { data, error } = useQuery({
    queryKey: ["configuration"],
    queryFn: async () => (await take(api.GET("/api/configuration"))).connectors,
  });
  return (
    <Page title={t("title")}>
      {error !== null && <ErrorNote error={error} />}
      {data?.map((each) => (
        <section key={each.service}>
          <h2>{each.label}</h2>
        </section>
      ))}
    </Page>
  );
}
