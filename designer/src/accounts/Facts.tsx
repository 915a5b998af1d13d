/** What the service tells of an account, each thing with what is told of it. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { FindingSign } from "../health/FindingSign";
import { api, take, type Schemas } from "../shared/api/client";
import { ErrorNote } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import style from "./accounts.module.css";
import type { Account } from "./connecting";

type Fact = Schemas["AccountFact"];

export const facts = (id: string) => ({
  queryKey: ["facts", id],
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const params = { path: { account_id: id } };
    return (await take(api.GET("/api/accounts/{account_id}/facts", { params, signal }))).facts;
  },
});

export function Facts({ account }: { account: Account }) {
  const { t } = useTranslation("accounts");
  const { data, error } = useQuery(facts(account.id));
  if (error !== null) return <ErrorNote error={error} />;
  if (data === undefined) return <Loading />;
  if (data.length === 0) return null;
  return (
    <section className={style["stack"]} aria-label={t("facts")}>
      <div className={style["facts"]}>
        {grouped(data).map(([about, told]) => (
          <div key={about} className={style["about"]}>
            {about !== "" && <h3>{about}</h3>}
            <dl>
              {told.map((each) => (
                <div key={each.label}>
                  <dt>{each.label}</dt>
                  <dd>
                    {each.state !== "fine" && <FindingSign state={each.state} isWordHidden />}
                    {each.value}
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        ))}
      </div>
    </section>
  );
}

/** What is told about the same thing together, in the order in which things are first told of. */
export function grouped(facts: readonly Fact[]): [string, Fact[]][] {
  const groups = new Map<string, Fact[]>();
  for (const each of facts) {
    const group = groups.get(each.about);
    if (group === undefined) groups.set(each.about, [each]);
    else group.push(each);
  }
  return [...groups];
}
