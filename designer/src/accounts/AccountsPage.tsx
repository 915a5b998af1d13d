import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useCatalog } from "../flow/catalog";
import { accounts } from "../shared/api/queries";
import { buttonClass } from "../shared/ui/Button";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Page } from "../shared/ui/Page";

export default function AccountsPage() {
  const { t } = useTranslation("accounts");
  const { connectors } = useCatalog();
  const { data, error } = useQuery(accounts);
  const connect = connectors
    .filter(({ auth }) => auth?.type === "oauth2")
    .map(({ auth, label }) => (
      <a key={label} className={buttonClass("main")} href={`/auth/${auth?.service ?? ""}/start`}>
        {t("connect", { label })}
      </a>
    ));
  return (
    <Page title={t("title")} actions={connect}>
      {error !== null && <ErrorNote error={error} />}
      {data?.length === 0 && (
        <Empty title={t("empty.title")} text={t("empty.text")}>
          {connect}
        </Empty>
      )}
      <ul>
        {data?.map((each) => (
          <li key={each.id}>
            {each.name} {t(each.state)}
          </li>
        ))}
      </ul>
    </Page>
  );
}
