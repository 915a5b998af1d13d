import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, take, type Schemas } from "../shared/api/client";
import { queryClient } from "../shared/api/queries";
import { useFormat } from "../shared/format";
import { Button } from "../shared/ui/Button";
import { ErrorNote } from "../shared/ui/Note";
import { Loading } from "../shared/ui/Page";
import style from "./admin.module.css";
import { Confirm } from "./Confirm";
import { tokens } from "./queries";
import { TokenShown } from "./TokenShown";

const MAX_SHOWN = 50;

/** What opens an owner's things; none of it is shown again. */
export function Tokens({ name }: { name: string }) {
  const { t } = useTranslation("admin");
  const { data, error } = useQuery(tokens(name));
  const [ending, setEnding] = useState<Schemas["Token"] | null>(null);
  const [isReplacing, setReplacing] = useState(false);
  const issue = useMutation({
    mutationFn: (replace: boolean) =>
      take(
        api.POST("/api/owners/{name}/tokens", { params: { path: { name } }, body: { replace } }),
      ),
    gcTime: 0,
    onSuccess: () => learn(name),
  });
  const end = async ({ id }: Schemas["Token"]) => {
    const params = { path: { name, token_id: id } };
    await api.DELETE("/api/owners/{name}/tokens/{token_id}", { params });
    await learn(name);
  };
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.length === 0 && <p className="soft">{t("token.none")}</p>}
      {data !== undefined && data.length > 0 && (
        <ul className={style["tokens"]} aria-label={t("token.list", { name })}>
          {data.slice(0, MAX_SHOWN).map((each) => (
            <TokenRow key={each.id} token={each} onEnd={() => setEnding(each)} />
          ))}
        </ul>
      )}
      {data !== undefined && data.length > MAX_SHOWN && (
        <p className="soft">{t("token.more", { count: MAX_SHOWN })}</p>
      )}
      {issue.error !== null && <ErrorNote error={issue.error} />}
      <div className={style["row"]}>
        <Button disabled={issue.isPending} onClick={() => issue.mutate(false)}>
          {t("token.make")}
        </Button>
        <Button look="danger" disabled={issue.isPending} onClick={() => setReplacing(true)}>
          {t("token.replace")}
        </Button>
      </div>
      {ending !== null && (
        <Confirm
          title={t(ending.kind === "session" ? "token.endSession" : "token.endToken")}
          text={t(ending.kind === "session" ? "token.endSessionText" : "token.endTokenText")}
          action={t(ending.kind === "session" ? "token.signOut" : "token.end")}
          run={() => end(ending)}
          onClose={() => setEnding(null)}
        />
      )}
      {isReplacing && (
        <Confirm
          title={t("token.replaceOf", { name })}
          text={t("token.replaceText")}
          action={t("token.replace")}
          run={() => issue.mutateAsync(true)}
          onClose={() => setReplacing(false)}
        />
      )}
      {issue.data !== undefined && <TokenShown issued={issue.data} onClose={issue.reset} />}
    </>
  );
}

function learn(name: string): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: tokens(name).queryKey });
}

function TokenRow({ token, onEnd }: { token: Schemas["Token"]; onEnd: () => void }) {
  const { t } = useTranslation("admin");
  const { time, exact } = useFormat();
  const isOurs = token.kind === "api" || token.kind === "session";
  return (
    <li className={style["token"]} data-kind={token.kind}>
      <div>
        <p>
          <strong>{t(`token.kinds.${token.kind}`)}</strong>{" "}
          {token.isAdministrator && (
            <span className={style["badge"]}>{t("token.administrator")}</span>
          )}
        </p>
        <p className="soft" title={exact(token.createdAt)}>
          {t("token.created", { time: time(token.createdAt) })}
          {token.expiresAt !== null && ` · ${t("token.ends", { time: time(token.expiresAt) })}`}
          {!isOurs && ` · ${t("token.outside")}`}
        </p>
      </div>
      {isOurs && (
        <Button isSmall onClick={onEnd}>
          {t(token.kind === "session" ? "token.signOut" : "token.end")}
        </Button>
      )}
    </li>
  );
}
