"""Keys of APIs: how one is connected, which hosts it is for, and how it goes into a request."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import quote

import httpx

from appmixer.engine.contract import (
    Account,
    Credentials,
    Fact,
    Json,
    JsonObject,
    RejectedError,
)

from .urls import origin_of, parse

MAX_HOSTS = 20
MAX_CHARS_SHOWN = 80
# What is shorter stands in every text, and hiding it would take the text away.
SHORTEST_HIDDEN = 4
HIDDEN = "••••••"
HEADER, PARAMETER = "X-Api-Key", "api_key"


class ApiKeys:
    """The account provider. Nobody can be asked whether a key is right: its hosts are people's."""

    def authorization_url(self, *, redirect_uri: str, state: str) -> str:
        _no_login()

    async def connect(self, *, redirect_uri: str, answer: Mapping[str, str]) -> Credentials:
        _no_login()

    async def connect_token(self, access_token: str) -> Credentials:
        if not access_token.isprintable():
            raise RejectedError(
                "The key cannot be used",
                "It holds a line break or another character that no header may have.",
                "Copy it again, and nothing around it.",
                "secret",
            )
        return Credentials(access_token, {}, "API key")

    async def check_settings(self, credentials: Credentials, settings: JsonObject) -> JsonObject:
        profile = credentials.profile
        if "hosts" not in settings:
            return profile
        origins = read_origins(str(settings["hosts"]))
        known = profile.get("hosts", origins)
        # Who may change settings need not be who has the key.
        if isinstance(known, list) and set(known) != set(origins):
            raise RejectedError(
                "The hosts of a key do not change",
                f"This one was connected for {', '.join(map(str, known))}.",
                "Connect it again under the same name, with the key and its new hosts.",
                "hosts",
            )
        return {**profile, "hosts": origins}

    async def refresh(self, credentials: Credentials) -> Credentials:
        return credentials

    async def validate(self, credentials: Credentials) -> JsonObject:
        return credentials.profile


def _no_login() -> NoReturn:
    raise RejectedError(
        "There is no login", "These accounts are keys.", "Connect one with its key."
    )


def read_origins(text: str) -> list[str]:
    """Return what a person has named as hosts, each as scheme and host: https unless said."""
    entries = text.replace(",", " ").split()
    if not 0 < len(entries) <= MAX_HOSTS:
        raise _no_hosts(f"It names {len(entries)} hosts, and may name 1 to {MAX_HOSTS}.")
    return list(dict.fromkeys(map(_origin, entries)))


def _origin(entry: str) -> str:
    shown = entry[:MAX_CHARS_SHOWN]
    try:
        url = parse(entry if "://" in entry else f"https://{entry}")
    except ValueError:
        raise _no_hosts(f"{shown} is no host.") from None
    if url.query or url.fragment or url.path != "/":
        raise _no_hosts(f"{shown} is more than a host.")
    return origin_of(url)


def _no_hosts(cause: str) -> RejectedError:
    return RejectedError(
        "The hosts cannot be used",
        cause,
        "Name hosts as in api.example.com, with commas between them; http://crm.internal:8080 where"
        " one is called without encryption.",
        "hosts",
    )


@dataclass(frozen=True)
class Key:
    """An account's key and how it is sent; `origins` are whom it may be sent to."""

    secret: str = field(repr=False)
    origins: Sequence[str]
    way: str
    name: str
    prefix: str
    user: str

    @classmethod
    async def of(cls, account: Account) -> Key:
        """Return an account's key; raise AuthorizationError if it has to be connected again."""
        origins = account.profile.get("hosts")
        return cls(
            await account.access_token(),
            [str(each) for each in origins] if isinstance(origins, list) else [],
            **_sending(account.settings),
        )

    def is_for(self, url: httpx.URL) -> bool:
        return origin_of(url) in self.origins

    @property
    def header(self) -> tuple[str, str] | None:
        """The header that it is, or None for one in the query."""
        match self.way:
            case "query":
                return None
            case "basic":
                return "Authorization", f"Basic {self._basic}"
            case "header":
                return self.name or HEADER, self._prefixed
            case _:
                return "Authorization", f"Bearer {self.secret}"

    @property
    def parameter(self) -> tuple[str, str] | None:
        """The parameter of the query that it is, or None for one in a header."""
        return (self.name or PARAMETER, self._prefixed) if self.way == "query" else None

    def hide(self, value: Json) -> Json:
        """Return what somebody has answered, without the key wherever it is repeated."""
        match value:
            case str():
                for form in self._forms:
                    value = value.replace(form, HIDDEN)
                return value
            case Mapping():
                return {str(self.hide(name)): self.hide(each) for name, each in value.items()}
            case list():
                return [self.hide(each) for each in value]
            case _:
                return value

    @property
    def _forms(self) -> list[str]:
        forms = {self.secret, quote(self.secret, safe=""), self._basic}
        return [each for each in forms if len(each) >= SHORTEST_HIDDEN]

    @property
    def _basic(self) -> str:
        # https://www.rfc-editor.org/rfc/rfc7617 : many services take the key as the user's name
        pair = f"{self.user}:{self.secret}" if self.user else self.secret
        return base64.b64encode((pair if ":" in pair else f"{pair}:").encode()).decode()

    @property
    def _prefixed(self) -> str:
        space = " " if self.prefix and self.prefix[-1].isalnum() else ""
        return f"{self.prefix}{space}{self.secret}"


def _sending(settings: JsonObject) -> dict[str, Any]:
    return {
        "way": str(settings.get("sentAs") or "bearer"),
        **{each: str(settings.get(each) or "") for each in ("name", "prefix", "user")},
    }


def facts_of(account: Account) -> Sequence[Fact]:
    """Tell what the key is for and how it is sent; not the key."""
    hosts = account.profile.get("hosts")
    sending = _sending(account.settings)
    match sending["way"]:
        case "query":
            way = f"in the query, as {sending['name'] or PARAMETER}"
        case "basic":
            way = f"as the password of {sending['user']}" if sending["user"] else "as a user's name"
        case "header":
            way = f"in the header {sending['name'] or HEADER}"
        case _:
            way = "as a bearer token"
    return [
        Fact("Sent to", ", ".join(map(str, hosts)) if isinstance(hosts, list) else "nobody"),
        Fact("Sent", way),
    ]
