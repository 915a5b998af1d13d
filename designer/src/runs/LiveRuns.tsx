import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { api, take } from "../shared/api/client";
import { Sign } from "../shared/ui/Sign";

/** The runs of one flow, as they come. */
export function LiveRuns({ flowId }: { flowId: string }) {
  const { t } = useTranslation("runs");
  const { data = [] } = useQuery({
    queryKey: ["runs", "of", flowId],
    queryFn: async () => (await take(api.GET("/api/runs", { params: { query: { flowId } } }))).runs,
  });
  return (
    <section aria-label={t("live")}>
      <ul>
        {data.map((each) => (
          <li key={each.id}>
            <Link href={`/runs/${each.id}`}>
              <Sign state={each.status} /> {each.id}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
