import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { ErrorNote } from "../shared/ui/Note";
import { TextInput } from "../shared/ui/Field";
import { Empty, Loading } from "../shared/ui/Page";
import style from "./admin.module.css";
import { CopyField } from "./CopyField";
import { KeyField } from "./KeyField";
import { configuration, type Key } from "./queries";

/** Every key of every connector. */
export function ConfigurationPart() {
  const { t } = useTranslation("admin");
  const [wanted, setWanted] = useState("");
  const { data, error } = useQuery(configuration);
  const found = data
    ?.map((each) => ({ ...each, keys: each.keys.filter((key) => fits(key, each.label, wanted)) }))
    .filter(({ keys }) => keys.length > 0);
  return (
    <>
      <TextInput
        type="search"
        className={style["search"]}
        aria-label={t("configuration.search")}
        placeholder={t("configuration.search")}
        value={wanted}
        onChange={({ target }) => setWanted(target.value)}
      />
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {found?.length === 0 && (
        <Empty
          title={t("configuration.nothing")}
          text={t(wanted === "" ? "configuration.noKeys" : "configuration.otherWord")}
        />
      )}
      {found?.map((each) => (
        <section key={each.service} className={style["panel"]} aria-label={each.label}>
          <header>
            <h2>{each.label}</h2>
            <code className="soft">{each.service}</code>
          </header>
          {wanted === "" &&
            each.addresses.map((address) => (
              <CopyField key={address.label} label={address.label} value={address.url} />
            ))}
          <div className={style["keys"]}>
            {each.keys.map((key) => (
              <KeyField key={key.key} service={each.service} value={key} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

function fits(key: Key, connector: string, wanted: string): boolean {
  const text = [connector, key.key, key.label, key.description, key.environment].join(" ");
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}
