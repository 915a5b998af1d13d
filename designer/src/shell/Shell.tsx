/** What is around every page: the rail, and which page the address names. */

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Route, Switch, useLocation } from "wouter";

import { ApiError, type Schemas } from "../shared/api/client";
import { followStream, me } from "../shared/api/queries";
import { stream } from "../shared/api/stream";
import { Boundary } from "../shared/ui/Boundary";
import { ErrorNote } from "../shared/ui/Note";
import { Empty, Loading } from "../shared/ui/Page";
import { openGuide } from "../start/guide/state";
import { Broken } from "./Broken";
import { ConnectionBar } from "./ConnectionBar";
import { NotFound } from "./NotFound";
import { Rail } from "./Rail";
import style from "./shell.module.css";
import { ShellKeys } from "./ShellKeys";

const FlowsPage = lazy(() => import("../start/FlowsPage"));
const FlowPage = lazy(() => import("../flow/FlowPage"));
const RunsPage = lazy(() => import("../runs/RunsPage"));
const RunPage = lazy(() => import("../runs/RunPage"));
const EventsPage = lazy(() => import("../events/EventsPage"));
const AccountsPage = lazy(() => import("../accounts/AccountsPage"));
const FilesPage = lazy(() => import("../files/FilesPage"));
const HealthPage = lazy(() => import("../health/HealthPage"));
const LoginEnded = lazy(() => import("../accounts/LoginEnded"));
const AdminPage = lazy(() => import("../admin/AdminPage"));

export function Shell() {
  return (
    <Switch>
      <Route path="/connected">
        <Suspense fallback={<Loading />}>
          <LoginEnded />
        </Suspense>
      </Route>
      <Route>
        <SignedIn />
      </Route>
    </Switch>
  );
}

function SignedIn() {
  const who = useQuery(me);
  const isSignedIn = who.data !== undefined;
  useEffect(() => {
    if (!isSignedIn) return;
    stream.open();
    const stop = followStream();
    return () => {
      stop();
      stream.close();
    };
  }, [isSignedIn]);
  if (who.error instanceof ApiError && who.error.status === 401) return <SignedOut />;
  if (who.error !== null) return <ErrorNote error={who.error} />;
  if (!isSignedIn) return <Loading />;
  return <Around who={who.data} />;
}

function Around({ who }: { who: Schemas["Me"] }) {
  const [path] = useLocation();
  // What is drawn first knows already how far the guide is.
  useState(() => openGuide(who.id));
  return (
    <div className={style["shell"]}>
      <ShellKeys />
      <Rail me={who} />
      <div className={style["content"]} id="content" tabIndex={-1}>
        <ConnectionBar />
        <Boundary of={path} fallback={(error) => <Broken error={error} />}>
          <Suspense fallback={<Loading />}>
            <Pages isAdministrator={who.isAdministrator} />
          </Suspense>
        </Boundary>
      </div>
    </div>
  );
}

function Pages({ isAdministrator }: { isAdministrator: boolean }) {
  return (
    <Switch>
      <Route path="/" component={FlowsPage} />
      <Route path="/flows" component={FlowsPage} />
      <Route path="/flows/:id/*?">
        {({ id }) => <FlowPage key={id} id={decodeURIComponent(id)} />}
      </Route>
      <Route path="/runs" component={RunsPage} />
      <Route path="/runs/:id/*?">{({ id }) => <RunPage id={decodeURIComponent(id)} />}</Route>
      <Route path="/events" component={EventsPage} />
      <Route path="/accounts/:name?" component={AccountsPage} />
      <Route path="/files" component={FilesPage} />
      <Route path="/health" component={HealthPage} />
      {isAdministrator && <Route path="/admin/:part?" component={AdminPage} />}
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

function SignedOut() {
  const { t } = useTranslation("shell");
  const isExpired = new URLSearchParams(window.location.search).has("signIn");
  return (
    <main>
      <Empty title={t("signIn.title")} text={t(isExpired ? "signIn.expired" : "signIn.text")} />
    </main>
  );
}
