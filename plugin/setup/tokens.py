"""What Meta says of an access token: whose it is, how long it lives, what it may reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appmixer.engine.contract import AuthorizationError, RejectedError

from ..configuration.settings import Settings
from ..foreign_json.shapes import as_object, as_objects, as_text, as_texts, as_unix_time
from ..graph.client import GraphClient
from ..graph.errors import error_from_graph, find
from .app_graph import get_as_app

MESSAGING = "whatsapp_business_messaging"
MANAGEMENT = "whatsapp_business_management"
SCOPES = (MESSAGING, MANAGEMENT)


@dataclass(frozen=True)
class TokenFacts:
    """A valid token; `targets` names the ids a scope is limited to, None where it is not."""

    type: str
    user_id: str
    expires_at: datetime | None
    scopes: frozenset[str]
    targets: Mapping[str, tuple[str, ...] | None]

    @property
    def is_system_user(self) -> bool:
        return self.type == "SYSTEM_USER"

    @property
    def missing_scopes(self) -> list[str]:
        return [scope for scope in SCOPES if scope not in self.scopes]

    @property
    def waba_ids(self) -> tuple[str, ...]:
        """The WABAs that were shared, by any of the two scopes, in Meta's order."""
        shared = [self.targets.get(scope) or () for scope in (MANAGEMENT, MESSAGING)]
        return tuple(dict.fromkeys(waba_id for ids in shared for waba_id in ids))

    @property
    def is_unrestricted(self) -> bool:
        """Whether nothing limits the granted scopes: then they reach all of the person's WABAs."""
        granted = [scope for scope in SCOPES if scope in self.scopes]
        return bool(granted) and all(self.targets.get(scope) is None for scope in granted)

    def reaches(self, waba_id: str) -> bool:
        return self.is_unrestricted or waba_id in self.waba_ids


async def inspect_token(graph: GraphClient, settings: Settings, token: str) -> TokenFacts:
    """Ask Meta about a token; needs clientId and clientSecret.

    Raises AuthorizationError for a token that is not valid, RejectedError for one of another app.
    """
    # https://developers.facebook.com/docs/graph-api/reference/debug_token
    body = await get_as_app(graph, settings, "debug_token", {"input_token": token})
    facts = as_object(body.get("data"))
    if facts.get("is_valid") is not True:
        raise _invalid(facts, token)
    app_id = str(facts.get("app_id", ""))
    if app_id != settings.required("clientId"):
        raise _of_another_app(app_id, settings)
    return TokenFacts(
        type=as_text(facts.get("type")),
        user_id=as_text(facts.get("user_id")),
        expires_at=_moment(facts.get("expires_at")),
        scopes=frozenset(as_texts(facts.get("scopes"))),
        targets=_targets(facts),
    )


def _of_another_app(app_id: str, settings: Settings) -> RejectedError:
    # Meta mostly refuses to look at such a token, and then this row explains what it answers.
    row = find(100, message="viewing app")
    assert row is not None
    cause = f"{row.cause} The token is of app {app_id}, the connector is app {settings.client_id}."
    return RejectedError(row.title, cause, row.cure, code=100)


def _invalid(facts: Mapping[str, Any], token: str) -> AuthorizationError:
    said = as_object(facts.get("error"))
    error = {
        "code": said.get("code", 190),
        "error_subcode": said.get("subcode"),
        "message": said.get("message"),
    }
    explained = error_from_graph(401, {"error": error}, {}, secrets=[token])
    return AuthorizationError(
        "The access token is not valid",
        explained.cause,
        "Connect the account again.",
        "",
        explained.code,
        explained.subcode,
    )


def _targets(facts: Mapping[str, Any]) -> dict[str, tuple[str, ...] | None]:
    rows = as_objects(facts.get("granular_scopes"))
    return {
        as_text(row.get("scope")): tuple(as_texts(row["target_ids"]))
        if "target_ids" in row
        else None
        for row in rows
    }


def _moment(value: object) -> datetime | None:
    seconds = as_unix_time(value)
    # Zero means never.
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
