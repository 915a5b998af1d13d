import { useQuery } from "@tanstack/react-query";
import { ChevronDown, Link2, Plus } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../shared/api/client";
import { me } from "../shared/api/queries";
import { useFormat } from "../shared/format";
import { Button, classes } from "../shared/ui/Button";
import { TextInput } from "../shared/ui/Field";
import { ErrorNote } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import { AddOwner } from "./AddOwner";
import style from "./admin.module.css";
import { Limits } from "./Limits";
import { OwnLink } from "./OwnLink";
import { owners } from "./queries";
import { Tokens } from "./Tokens";

/** So many can be looked through; beyond, one searches. */
const MAX_SHOWN = 100;
const SEARCHED_FROM = 8;

export function OwnersPart() {
  const { t } = useTranslation("admin");
  const { data, error } = useQuery(owners);
  const { data: who } = useQuery(me);
  const [wanted, setWanted] = useState("");
  const [isAdding, setAdding] = useState(false);
  const [isLinking, setLinking] = useState(false);
  const found = data?.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase())) ?? [];
  return (
    <>
      <div className={style["tools"]}>
        {data !== undefined && data.length >= SEARCHED_FROM && (
          <TextInput
            type="search"
            className={style["search"]}
            aria-label={t("owners.search")}
            placeholder={t("owners.search")}
            value={wanted}
            onChange={({ target }) => setWanted(target.value)}
          />
        )}
        <p className="soft">{t("owners.about")}</p>
        <Button onClick={() => setLinking(true)}>
          <Link2 size={16} aria-hidden />
          {t("owners.ownLink")}
        </Button>
        <Button look="main" onClick={() => setAdding(true)}>
          <Plus size={16} aria-hidden />
          {t("owners.add")}
        </Button>
      </div>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && (
        <ul className={style["owners"]} aria-label={t("parts.owners")}>
          {found.slice(0, MAX_SHOWN).map((each) => (
            <OwnerRow key={each.id} owner={each} isMe={each.id === who?.id} />
          ))}
        </ul>
      )}
      {data !== undefined && found.length === 0 && <p className="soft">{t("owners.nobody")}</p>}
      {found.length > MAX_SHOWN && (
        <p className="soft">{t("owners.more", { count: found.length - MAX_SHOWN })}</p>
      )}
      <Limits />
      {isAdding && <AddOwner onClose={() => setAdding(false)} />}
      {isLinking && <OwnLink onClose={() => setLinking(false)} />}
    </>
  );
}

function OwnerRow({ owner, isMe }: { owner: Schemas["Owner"]; isMe: boolean }) {
  const { t } = useTranslation("admin");
  const { time, exact } = useFormat();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <li className={style["step"]}>
      <h2>
        <button
          type="button"
          className={style["stepHead"]}
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setOpen(!isOpen)}
        >
          <span className={style["stepTitle"]}>{owner.name}</span>
          {isMe && <span className={style["badge"]}>{t("owners.you")}</span>}
          <time className={style["since"]} title={exact(owner.createdAt)}>
            {t("owners.since", { time: time(owner.createdAt) })}
          </time>
          <ChevronDown
            size={16}
            aria-hidden
            className={classes(style["chevron"], isOpen && style["isOpen"])}
          />
        </button>
      </h2>
      <div id={id} className={style["stepBody"]} hidden={!isOpen}>
        {isOpen && <Tokens name={owner.name} />}
      </div>
    </li>
  );
}
