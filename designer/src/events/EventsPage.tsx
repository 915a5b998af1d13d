/** What no flow took: by kind, with what was told, and given to the flows by whoever says so. */

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";

import { api, take } from "../shared/api/client";
import { useFormat } from "../shared/format";
import { Button, buttonClass } from "../shared/ui/Button";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Loading, Page } from "../shared/ui/Page";
import { EventItem } from "./EventItem";
import style from "./events.module.css";

const PAGE = 50;
// So many of one kind stand in the way of the others until somebody asks for them.
const FOLDED_FROM = 20;

export default function EventsPage() {
  const { t } = useTranslation("events");
  const format = useFormat();
  const client = useQueryClient();
  const [params, setParams] = useSearchParams();
  const kinds = useQuery({
    queryKey: ["events", "kinds"],
    queryFn: async () => (await take(api.GET("/api/events/kinds"))).kinds,
  });
  const names = [...new Set(kinds.data?.map(({ kind }) => kind))];
  const countOf = (name: string) =>
    (kinds.data ?? [])
      .filter(({ kind }) => kind === name)
      .reduce((sum, { count }) => sum + count, 0);
  const wanted = params.get("kind");
  const kind = wanted ?? firstKind(names, countOf);
  const choose = (name: string) => setParams({ kind: name });
  return (
    <Page
      title={t("title")}
      actions={
        <Button onClick={() => void client.invalidateQueries({ queryKey: ["events"] })}>
          <RefreshCw size={16} aria-hidden />
          {t("fresh")}
        </Button>
      }
    >
      <p className="soft">{t("text")}</p>
      {kinds.error !== null && <ErrorNote error={kinds.error} />}
      {kinds.data === undefined && kinds.error === null && <Loading />}
      {kinds.data?.length === 0 && (
        <Empty title={t("empty.title")} text={t("empty.text")}>
          <Link href="/flows" className={buttonClass()}>
            {t("empty.back")}
          </Link>
        </Empty>
      )}
      {names.length > 0 && (
        <div role="group" aria-label={t("kinds")} className={style["kinds"]}>
          {names.map((name) => (
            <button
              key={name}
              type="button"
              className={style["kind"]}
              aria-pressed={name === kind}
              onClick={() => choose(name)}
            >
              {name} <span className={style["count"]}>{format.number(countOf(name))}</span>
            </button>
          ))}
        </div>
      )}
      {kind !== undefined && <EventList key={kind} kind={kind} />}
    </Page>
  );
}

/** The newest kind of which there are not so many that they only stand in the way. */
function firstKind(
  names: readonly string[],
  countOf: (name: string) => number,
): string | undefined {
  const rarest = names.toSorted((one, other) => countOf(one) - countOf(other))[0];
  return names.find((name) => countOf(name) < FOLDED_FROM) ?? rarest;
}

function EventList({ kind }: { kind: string }) {
  const { t } = useTranslation("events");
  const pages = useInfiniteQuery({
    queryKey: ["events", "unrouted", kind],
    initialPageParam: undefined as number | undefined,
    queryFn: async ({ pageParam }) => {
      const query = {
        unrouted: true,
        kind,
        limit: PAGE,
        ...(pageParam !== undefined && { before: pageParam }),
      };
      return (await take(api.GET("/api/events", { params: { query } }))).events;
    },
    getNextPageParam: (last) => (last.length < PAGE ? undefined : last.at(-1)?.id),
    maxPages: 20,
  });
  if (pages.error !== null) return <ErrorNote error={pages.error} />;
  if (pages.data === undefined) return <Loading />;
  return (
    <>
      <ul className={style["events"]} aria-label={t("list")}>
        {pages.data.pages.flat().map((event) => (
          <EventItem key={event.id} event={event} />
        ))}
      </ul>
      {pages.hasNextPage && (
        <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t(pages.isFetchingNextPage ? "moreLoading" : "more")}
        </Button>
      )}
    </>
  );
}
