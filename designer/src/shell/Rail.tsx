import {
  Activity,
  CircleUserRound,
  FileStack,
  HeartPulse,
  Inbox,
  Plug,
  Settings,
  Workflow,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useRoute } from "wouter";

import type { Schemas } from "../shared/api/client";
import { LANGUAGES, speak, type Language } from "../shared/texts";
import { IconButton } from "../shared/ui/Button";
import { Menu } from "../shared/ui/Menu";
import { Tip } from "../shared/ui/Tip";
import { Bell } from "./Bell";
import { callGuide } from "../start/guide/state";
import style from "./shell.module.css";
import { chooseTheme, THEMES } from "./theme";

const PLACES = [
  ["flows", "/flows", Workflow],
  ["runs", "/runs", Activity],
  ["events", "/events", Inbox],
  ["accounts", "/accounts", Plug],
  ["files", "/files", FileStack],
  ["health", "/health", HeartPulse],
  ["admin", "/admin", Settings],
] as const;

export function Rail({ me }: { me: Schemas["Me"] }) {
  const { t } = useTranslation("shell");
  const [path, navigate] = useLocation();
  const [isInFlow, params] = useRoute("/flows/:id/*?");
  const guide = () => {
    callGuide(isInFlow ? decodeURIComponent(params.id) : null);
    if (!isInFlow) navigate("/flows");
  };
  const places = PLACES.filter(([name]) => name !== "admin" || me.isAdministrator);
  return (
    <nav className={style["rail"]} aria-label={t("flows")}>
      <a className="unseen" href="#content">
        {t("skip")}
      </a>
      {places.map(([name, href, Icon]) => (
        <Tip key={name} text={t(name)}>
          <Link
            href={href}
            className={style["place"] ?? ""}
            aria-current={path.startsWith(href) ? "page" : undefined}
          >
            <Icon size={20} aria-hidden />
            <span>{t(name)}</span>
          </Link>
        </Tip>
      ))}
      <div className={style["foot"]}>
        <Bell ownerId={me.id} />
        <Menu
          items={[
            ...THEMES.map((each) => ({
              label: t(`theme.${each}`),
              onSelect: () => chooseTheme(each),
            })),
            null,
            ...Object.entries(LANGUAGES).map(([key, label]) => ({
              label,
              onSelect: () => speak(key as Language),
            })),
            null,
            { label: t("firstSteps"), onSelect: guide },
            { label: t("signOut"), onSelect: () => void signOut() },
          ]}
        >
          <IconButton label={t("account", { name: me.name })}>
            <CircleUserRound size={20} aria-hidden />
          </IconButton>
        </Menu>
      </div>
    </nav>
  );
}

async function signOut(): Promise<void> {
  await fetch("/sign-out", { method: "POST" });
  window.location.assign("/");
}
