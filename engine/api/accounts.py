"""Accounts over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ..contract import Account, Check, ConnectorError, Fact, RejectedError, TellsFacts
from ..contract.manifest import Auth
from ..host.engine import Engine
from ..storage.tables import CONNECTED
from .bodies import JsonRoute
from .identity import Caller, hosting
from .shapes import accounts as shapes
from .shapes.shape import shaped

router = APIRouter(prefix="/api/accounts", tags=["accounts"], route_class=JsonRoute)


class Body(BaseModel):
    """Base of all request bodies: camelCase, nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class NewAccount(Body):
    """An account that is connected without the login dialog, by what a person pastes."""

    service: str = Field(description="The connector's id.", examples=["vendor:service"])
    name: str = Field(
        "",
        description="What flows call it; an account of that name gets the new token."
        " Without a name the service's own is taken.",
        examples=["acme"],
    )
    access_token: str | None = Field(
        None,
        min_length=1,
        max_length=4_000,
        repr=False,
        description="For services whose accounts are of the type oauth2 and whose `auth.token` is"
        " true. It is proven before it is stored.",
    )
    secret: str | None = Field(
        None,
        min_length=1,
        max_length=4_000,
        repr=False,
        description="The key, for services whose accounts are of the type apiKey. It is proven"
        " before it is stored.",
    )
    settings: dict[str, Any] = Field(
        {}, description="What to set, and what a token does not tell of itself."
    )


@router.get("", response_model=shaped(shapes.AccountList))
async def list_accounts(request: Request, caller: Caller) -> dict[str, Any]:
    """Return your accounts, with their state and when their token ends."""
    return {"accounts": await hosting(request).accounts.list(caller.owner_id)}


@router.post("", status_code=201, response_model=shaped(shapes.Account))
async def connect_account(request: Request, caller: Caller, new: NewAccount) -> dict[str, Any]:
    """Connect an account with an access token or, where its service has them, a key."""
    engine = hosting(request)
    connector = engine.connectors.get(new.service)
    pasted = _pasted(new, connector.manifest.auth if connector else None)
    return await engine.accounts.connect_token(
        caller.owner_id, new.service, pasted, new.name, new.settings
    )


@router.get("/{account_id}", response_model=shaped(shapes.Account))
async def get_account(request: Request, caller: Caller, account_id: str) -> dict[str, Any]:
    return await hosting(request).accounts.get(caller.owner_id, account_id)


@router.patch("/{account_id}", response_model=shaped(shapes.Account))
async def change_account(
    request: Request, caller: Caller, account_id: str, changes: dict[str, Any]
) -> dict[str, Any]:
    """Set some of the account's `availableSettings`; null takes one back."""
    accounts = hosting(request).accounts
    return await accounts.change_settings(caller.owner_id, account_id, changes)


@router.post("/{account_id}/refresh", response_model=shaped(shapes.Account))
async def refresh_account(request: Request, caller: Caller, account_id: str) -> dict[str, Any]:
    """Renew the account's token now, if the service gives a new one."""
    return await hosting(request).accounts.renewal.refresh_now(caller.owner_id, account_id)


@router.get("/{account_id}/checks", response_model=shaped(shapes.AccountReport))
async def check_account(request: Request, caller: Caller, account_id: str) -> dict[str, Any]:
    """Prove the account's access again, look at its setup at the service, and report."""
    engine = hosting(request)
    account = await engine.accounts.proofs.prove_now(caller.owner_id, account_id)
    hosted = await engine.accounts.hosted(account_id)
    used_by = await engine.accounts.used_by(caller.owner_id, account_id)
    # Every question about one that has to be connected again would have the same answer.
    is_connected = account["state"] == CONNECTED
    checks = await examine(engine, account["service"], hosted) if is_connected else []
    return {"account": account, "usedBy": used_by, "checks": list(map(show_check, checks))}


@router.get("/{account_id}/facts", response_model=shaped(shapes.AccountFacts))
async def tell_facts(request: Request, caller: Caller, account_id: str) -> dict[str, Any]:
    """Ask the service what is worth knowing of the account, such as its numbers and their state."""
    engine = hosting(request)
    service = (await engine.accounts.served(caller.owner_id, account_id)).service
    plugin = engine.plugins[service]
    hosted = await engine.accounts.hosted(account_id)
    facts: Sequence[Fact] = ()
    if isinstance(plugin, TellsFacts):
        facts = await plugin.facts(hosted)
    return {"facts": [asdict(each) for each in facts]}


@router.get("/{account_id}/flows", response_model=shaped(shapes.AccountFlows))
async def list_account_flows(request: Request, caller: Caller, account_id: str) -> dict[str, Any]:
    """Return the running flows that use the account, by name; they have to stop before it goes."""
    return {"flows": await hosting(request).accounts.flows_of(caller.owner_id, account_id)}


@router.post("/{account_id}/claim", response_model=shaped(shapes.ClaimReport))
async def claim_events(request: Request, caller: Caller, account_id: str) -> dict[str, Any]:
    """Have what the account hears delivered to this engine, whoever gets it now, and report."""
    engine = hosting(request)
    account = await engine.accounts.get(caller.owner_id, account_id)
    hosted = await engine.accounts.hosted(account_id)
    service = account["service"]
    is_here = service in engine.plugins
    checks = await engine.plugins[service].claim(hosted) if is_here else [_not_here(service)]
    return {"account": account, "checks": list(map(show_check, checks))}


def _pasted(new: NewAccount, auth: Auth | None) -> str:
    """Return what the account is connected with; raise RejectedError if it is not what fits."""
    if auth is None:
        return ""  # there is no such service, as whoever is asked next says
    if auth.type == "oauth2" and not auth.token:
        raise RejectedError(
            f"Accounts of {new.service} are connected by a login",
            "The service takes no token that a person pastes.",
            f"Open /auth/{auth.service}/start, or run `appmixer connect`.",
            "accessToken" if new.access_token else "secret",
        )
    given = {"secret": new.secret, "accessToken": new.access_token}
    wanted, other = (
        ("secret", "accessToken") if auth.type == "apiKey" else ("accessToken", "secret")
    )
    what = "a key" if wanted == "secret" else "an access token"
    if given[other] is not None:
        raise RejectedError(
            f"{other} is not for {new.service}",
            f"Its accounts are of the type {auth.type}: they are connected with {what}.",
            f"Send it as {wanted}.",
            other,
        )
    pasted = (given[wanted] or "").strip()
    if not pasted:
        raise RejectedError(
            f"{wanted} is missing",
            f"Accounts of {new.service} are connected with {what}.",
            f"Send it as {wanted}.",
            wanted,
        )
    return pasted


@router.delete("/{account_id}", status_code=204)
async def delete_account(request: Request, caller: Caller, account_id: str) -> None:
    """Forget the account; refused while a running flow uses it."""
    await hosting(request).accounts.delete(caller.owner_id, account_id)


async def examine(engine: Engine, service: str, account: Account | None) -> list[Check]:
    """Look at a connector's setup, or at one account of it; a failure is a finding too."""
    if service not in engine.plugins:
        return [_not_here(service)]
    configured = engine.configuration.checks(service)
    if any(check.state == "fault" for check in configured):
        # With values like these the connector cannot look any further.
        return configured
    try:
        found = await engine.plugins[service].checks(account)
    except ConnectorError as error:
        finding = str(type(error)(error.title, error.cause))
        found = [Check("checks", "fault", finding, error.cure)]
    return [*found] if account is not None else [*configured, *found]


def _not_here(service: str) -> Check:
    return Check(
        "connector",
        "fault",
        f"The connector {service} is not installed, or the engine had to leave it out.",
        "Run `appmixer doctor`, which names what is left out; what is stored waits until then.",
    )


def show_check(check: Check) -> dict[str, Any]:
    """Return a line of a health report in JSON."""
    return {
        "name": check.name,
        "state": check.state,
        "finding": check.finding,
        "cure": check.cure,
        "mend": check.mend,
    }
