"""Connects WhatsApp accounts: by the login dialog, or with a token that a person pasted.

https://developers.facebook.com/documentation/business-messaging/whatsapp/access-tokens
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import phonenumbers

from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    Credentials,
    HostContext,
    JsonObject,
    OutcomeUnknownError,
    RejectedError,
)

from ..plugin.configuration.settings import Settings, how_to_set
from ..plugin.foreign_json.shapes import as_object, as_text, as_texts
from ..plugin.graph.client import GraphClient
from ..plugin.setup.tokens import TokenFacts, inspect_token
from ..plugin.whatsapp import graph_client
from .dialog import code_of, dialog_url
from .discovery import (
    missing_permissions,
    not_shared,
    nothing_selected,
    profile,
    reached_wabas,
    read_profile,
    read_waba,
    which_one,
)

# What the dialog gives lives an hour or two; what lives longer than this needs no exchange.
SHORT_LIFE = timedelta(days=2)


class WhatsAppAccounts:
    """Implements the contract's AccountProvider."""

    def __init__(self, host: HostContext) -> None:
        self._host = host

    def authorization_url(self, *, redirect_uri: str, state: str) -> str:
        return dialog_url(self._settings, redirect_uri=redirect_uri, state=state)

    async def connect(self, *, redirect_uri: str, answer: Mapping[str, str]) -> Credentials:
        code, settings = code_of(answer), self._settings
        graph = self._graph(settings)
        # https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow
        exchanged = await graph.exchange(
            {**_app(settings), "code": code, "redirect_uri": redirect_uri}
        )
        token = _token_in(exchanged)
        facts = await inspect_token(graph, settings, token)
        if self._is_short(facts):
            token = await _longer(graph, settings, token)
            facts = await inspect_token(graph, settings, token)
        return await self._credentials(graph, settings, token, facts)

    async def connect_token(self, access_token: str) -> Credentials:
        token, settings = access_token.strip(), self._settings
        graph = self._graph(settings)
        if settings.client_id is None or settings.client_secret is None:
            return await _unproven(graph, settings, token)
        facts = await inspect_token(graph, settings, token)
        return await self._credentials(graph, settings, token, facts)

    async def check_settings(self, credentials: Credentials, settings: JsonObject) -> JsonObject:
        region = as_text(settings.get("defaultRegion"))
        if region and region not in phonenumbers.SUPPORTED_REGIONS:
            raise RejectedError(
                "There is no such region",
                f"No country has the letters {region}.",
                "Give the two letters of a country (ISO 3166), such as DE or US.",
                "defaultRegion",
            )
        waba_id = as_text(settings.get("businessAccountId"))
        if not waba_id or waba_id in as_texts(credentials.profile.get("wabaIds")):
            return credentials.profile
        return await self._with_named(credentials, waba_id)

    async def refresh(self, credentials: Credentials) -> Credentials:
        if credentials.expires_at is None:
            return replace(credentials, profile=await self.validate(credentials))
        if credentials.expires_at <= self._now():
            raise AuthorizationError(
                "The access has expired",
                f"It ended on {credentials.expires_at:%Y-%m-%d}, and Meta renews only what lives.",
                "Connect the account again.",
            )
        settings = self._settings
        graph = self._graph(settings)
        is_system_user = credentials.secrets.get("tokenType") == "SYSTEM_USER"
        token = await _longer(
            graph, settings, credentials.access_token, is_system_user=is_system_user
        )
        facts = await inspect_token(graph, settings, token)
        return Credentials(
            access_token=token,
            profile=await _proven(graph, token, facts, credentials.profile),
            name=credentials.name,
            expires_at=facts.expires_at,
            secrets={"tokenType": facts.type},
        )

    async def validate(self, credentials: Credentials) -> JsonObject:
        graph, token = self._graph(self._settings), credentials.access_token
        return await _proven(graph, token, await self._facts(graph, token), credentials.profile)

    async def _with_named(self, credentials: Credentials, waba_id: str) -> JsonObject:
        """Return the profile with a WABA that a person has named, proven with the token."""
        graph, known = self._graph(self._settings), credentials.profile
        facts = await self._facts(graph, credentials.access_token)
        name: str | None = None
        if facts is None or facts.reaches(waba_id):
            name = await read_waba(graph, credentials.access_token, waba_id)
        if name is None:
            raise not_shared(waba_id, known)
        names = {key: as_text(each) for key, each in as_object(known.get("wabaNames")).items()}
        return profile(
            as_text(known.get("id")),
            as_text(known.get("name")),
            {**names, waba_id: name},
            as_texts(known.get("scopes")),
            default=as_text(known.get("businessAccountId")),
        )

    async def _facts(self, graph: GraphClient, token: str) -> TokenFacts | None:
        """Return what Meta says of a token; None where it cannot be asked."""
        settings = self._settings
        if settings.client_id is None or settings.client_secret is None:
            return None
        return await inspect_token(graph, settings, token)

    async def _credentials(
        self, graph: GraphClient, settings: Settings, token: str, facts: TokenFacts
    ) -> Credentials:
        if facts.missing_scopes:
            raise missing_permissions(facts)
        reached = await reached_wabas(graph, token, facts)
        if not reached and not facts.is_unrestricted:
            raise nothing_selected()
        person_id, name = await read_profile(graph, token)
        return Credentials(
            access_token=token,
            profile=profile(person_id, name, reached, facts.scopes),
            name=name or " ".join(["WhatsApp", *reached]),
            expires_at=facts.expires_at,
            secrets={"tokenType": facts.type},
            asks={} if reached else {"businessAccountId": which_one(settings)},
        )

    def _is_short(self, facts: TokenFacts) -> bool:
        # Only a person's token can be exchanged; a system user's has the life it was given.
        if facts.is_system_user or facts.expires_at is None:
            return False
        return facts.expires_at - self._now() < SHORT_LIFE

    @property
    def _settings(self) -> Settings:
        return Settings.read(self._host.configuration)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._host.clock.now, UTC)

    def _graph(self, settings: Settings) -> GraphClient:
        return graph_client(self._host, settings)


def _app(settings: Settings) -> dict[str, str]:
    return {
        "client_id": settings.required("clientId"),
        "client_secret": settings.required("clientSecret"),
    }


async def _longer(
    graph: GraphClient, settings: Settings, token: str, *, is_system_user: bool = False
) -> str:
    """Exchange a token that is still valid for one that lives about 60 days."""
    # https://developers.facebook.com/documentation/facebook-login/guides/access-tokens/get-long-lived
    parameters = {
        **_app(settings),
        "grant_type": "fb_exchange_token",
        "fb_exchange_token": token,
    }
    renewal = {"set_token_expires_in_60_days": "true"} if is_system_user else {}
    return _token_in(await graph.exchange({**parameters, **renewal}))


def _token_in(answer: Mapping[str, Any]) -> str:
    token = as_text(answer.get("access_token"))
    if token:
        return token
    raise OutcomeUnknownError(
        "Meta gave no access token", "Its answer had none.", "Connect the account again."
    )


async def _unproven(graph: GraphClient, settings: Settings, token: str) -> Credentials:
    """Take a token that cannot be inspected, if Meta names the WABAs to the token itself."""
    person_id, name = await read_profile(graph, token)
    reached = await reached_wabas(graph, token, None)
    if not reached:
        missing = "clientId" if settings.client_id is None else "clientSecret"
        raise ConfigurationError(
            "The token cannot be inspected",
            f"Meta accepts it for {name!r}. Which WhatsApp Business Accounts it reaches, and with "
            f"which permissions, Meta tells the app only, and the connector has no {missing}.",
            how_to_set(missing),
            missing,
        )
    return Credentials(
        access_token=token,
        profile=profile(person_id, name, reached, ()),
        name=name or f"WhatsApp {next(iter(reached))}",
    )


async def _proven(
    graph: GraphClient, token: str, facts: TokenFacts | None, known: JsonObject
) -> JsonObject:
    """Return the profile with what the token reaches now; the default stays while it does."""
    if facts is not None and facts.missing_scopes:
        refusal = missing_permissions(facts)
        raise AuthorizationError(refusal.title, "It was withdrawn.", refusal.cure)
    waba_ids = as_texts(known.get("wabaIds"))
    reached = await reached_wabas(graph, token, facts, waba_ids)
    if not reached:
        raise AuthorizationError(
            "No WhatsApp Business Account is shared any more",
            f"Meta no longer lets the account read {' and '.join(waba_ids) or 'any'}.",
            "Share it with the app again in Meta's business settings, then connect the account "
            "again.",
        )
    return profile(
        as_text(known.get("id")),
        as_text(known.get("name")),
        reached,
        as_texts(known.get("scopes")) if facts is None else facts.scopes,
        default=as_text(known.get("businessAccountId")),
    )
