import { useTranslation } from "react-i18next";

import { Page } from "../shared/ui/Page";

export default function HealthPage() {
  const { t } = useTranslation("health");
  return <Page title={t("title")}>{null}</Page>;
}
