"""Owners over HTTP, and the one-time links that open a browser session."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Request, Response
from pydantic import Field

from ..accounts.owners import INVITATION_LIFE_S
from ..times import iso
from .accounts import Body
from .addresses import MAX_PATH_CHARS, OWN_PATH
from .bodies import JsonRoute
from .identity import Administrator, Caller, hosting
from .shapes.owners import IssuedToken, Link, Me, OwnerList, TokenList
from .shapes.shape import shaped

router = APIRouter(prefix="/api", tags=["owners"], route_class=JsonRoute)


class NewOwner(Body):
    """One more customer of this engine."""

    name: str = Field(examples=["Acme"])


class NewToken(Body):
    """One more API token for an owner."""

    replace: bool = Field(False, description="End every token and session they had before.")


class NewLink(Body):
    """A link for a browser that has no session."""

    path: str = Field(
        "/",
        pattern=OWN_PATH,
        max_length=MAX_PATH_CHARS,
        description="Which of the engine's pages to open.",
    )


@router.get("/me", response_model=shaped(Me))
async def get_me(request: Request, caller: Caller) -> dict[str, Any]:
    """Return who you are to this engine, and what stands beside it."""
    simulator = hosting(request).settings.simulator
    return {
        "id": caller.owner_id,
        "name": caller.owner_name,
        "isAdministrator": caller.is_administrator,
        "simulator": None if simulator is None else asdict(simulator),
    }


@router.get("/owners", response_model=shaped(OwnerList))
async def list_owners(request: Request, _: Administrator) -> dict[str, Any]:
    """Return all owners (administrator)."""
    return {"owners": await hosting(request).owners.list()}


@router.post("/owners", status_code=201, response_model=shaped(IssuedToken))
async def create_owner(request: Request, _: Administrator, new: NewOwner) -> dict[str, Any]:
    """Add an owner (administrator); the token in the answer is shown this once."""
    return await hosting(request).owners.create(new.name)


@router.post("/owners/{name:path}/tokens", status_code=201, response_model=shaped(IssuedToken))
async def create_token(
    request: Request, _: Administrator, name: str, new: NewToken | None = None
) -> dict[str, Any]:
    """Make one more API token for an owner (administrator); it is shown this once."""
    replace = new is not None and new.replace
    return await hosting(request).owners.issue_token(name, replace=replace)


@router.get("/owners/{name:path}/tokens", response_model=shaped(TokenList))
async def list_tokens(request: Request, _: Administrator, name: str) -> dict[str, Any]:
    """Return an owner's tokens and browser sessions, without their secrets (administrator)."""
    return {"tokens": await hosting(request).owners.tokens(name)}


@router.delete("/owners/{name:path}/tokens/{token_id}", status_code=204, response_class=Response)
async def delete_token(request: Request, _: Administrator, name: str, token_id: str) -> None:
    """End a token or a session of an owner (administrator)."""
    await hosting(request).owners.end_token(name, token_id)


@router.post("/links", status_code=201, response_model=shaped(Link))
async def create_link(request: Request, caller: Caller, new: NewLink) -> dict[str, Any]:
    """Return a link that signs one browser in, once, within ten minutes."""
    engine = hosting(request)
    secret = await engine.owners.invite(caller)
    return {
        "url": engine.settings.base_url + with_token(new.path, secret),
        "expiresAt": iso(engine.clock.now + INVITATION_LIFE_S),
    }


def with_token(path: str, secret: str) -> str:
    """Return the path with the one-time token in its query."""
    parts = urlsplit(path)
    query = "&".join(filter(None, [parts.query, urlencode({"token": secret})]))
    return urlunsplit(("", "", parts.path, query, ""))
