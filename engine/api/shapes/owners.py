"""Owners, and what opens their things."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from .shape import Shape


class Simulator(Shape):
    """A simulated service beside the engine, whose page may be shown within the engine's."""

    url: str
    label: str = Field(description="What its page shows.")


class Me(Shape):
    """Who asks."""

    id: str
    name: str
    is_administrator: bool
    simulator: Simulator | None = Field(description="Null where services are real.")


class Owner(Shape):
    """A customer of this engine."""

    id: str
    name: str
    created_at: datetime


class OwnerList(Shape):
    owners: list[Owner]


class IssuedToken(Shape):
    """An API token, shown this once."""

    id: str = Field(description="The owner's.")
    name: str = Field(description="The owner's.")
    created_at: datetime
    token: str


class Token(Shape):
    """What opens an owner's things; its secret is nowhere."""

    id: str
    kind: Literal["api", "first", "environment", "session"] = Field(
        description="Made here; the one of the data folder; that of APPMIXER_API_TOKEN; a browser."
    )
    is_administrator: bool
    created_at: datetime
    expires_at: datetime | None = Field(description="null for what does not end by itself.")


class TokenList(Shape):
    tokens: list[Token]


class Link(Shape):
    """An address that signs one browser in."""

    url: str
    expires_at: datetime
