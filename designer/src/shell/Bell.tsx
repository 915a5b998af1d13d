/** What the owner has to know, behind a bell with the number of what is new. */

import { useQuery } from "@tanstack/react-query";
import { Bell as BellIcon } from "lucide-react";
import { Popover } from "radix-ui";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormat } from "../shared/format";
import { ErrorNote } from "../shared/ui/Note";
import { buttonClass, classes } from "../shared/ui/Button";
import { followNotices, notices, see, seenBy, unseenOf, type OwnerNotice } from "./notices";
import style from "./bell.module.css";

const MOST_SHOWN = 9;

export function Bell({ ownerId }: { ownerId: string }) {
  const { t } = useTranslation("shell");
  const [isOpen, setOpen] = useState(false);
  const { data = [], error } = useQuery(notices);
  const [seen, setSeen] = useState(() => seenBy(ownerId));
  const unseen = unseenOf(data, seen);
  useEffect(() => followNotices(), []);
  const open = (wanted: boolean) => {
    setOpen(wanted);
    // What was on the panel while it was open has been seen.
    if (!wanted) setSeen(see(ownerId, data));
  };
  const count = unseen.length;
  return (
    <>
      <Popover.Root open={isOpen} onOpenChange={open}>
        <Popover.Trigger
          className={classes(buttonClass("quiet"), style["bell"])}
          aria-label={t("bell.label", { count })}
        >
          <BellIcon size={20} aria-hidden />
          {count > 0 && (
            <span className={style["count"]} aria-hidden>
              {count > MOST_SHOWN ? `${MOST_SHOWN}+` : count}
            </span>
          )}
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content
            className={style["panel"]}
            side="top"
            align="start"
            sideOffset={8}
            collisionPadding={8}
            aria-label={t("bell.title")}
          >
            <h2>{t("bell.title")}</h2>
            {error !== null && <ErrorNote error={error} />}
            {error === null && data.length === 0 && <p className="soft">{t("bell.none")}</p>}
            <ul className={style["list"]}>
              {data.map((each) => (
                <Told
                  key={each.id}
                  notice={each}
                  isNew={unseen.includes(each)}
                  onFollow={() => open(false)}
                />
              ))}
            </ul>
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      {/* Said politely when it changes; what was there when the page opened is in the label. */}
      <div role="status" className="unseen">
        {unseen[0] !== undefined && t("bell.new", { title: unseen[0].title })}
      </div>
    </>
  );
}

function Told({
  notice,
  isNew,
  onFollow,
}: {
  notice: OwnerNotice;
  isNew: boolean;
  onFollow: () => void;
}) {
  const { t } = useTranslation("shell");
  const format = useFormat();
  return (
    <li className={style["notice"]}>
      <div className={style["head"]}>
        <Link href={notice.path} onClick={onFollow}>
          {notice.title}
        </Link>
        {isNew && <span className={style["new"]}>{t("bell.isNew")}</span>}
      </div>
      {notice.since !== null && (
        <time className="soft" dateTime={notice.since} title={format.exact(notice.since)}>
          {format.ago(notice.since)}
        </time>
      )}
      {notice.cause !== "" && <p>{notice.cause}</p>}
      <p className="soft">{notice.cure}</p>
    </li>
  );
}
