"""Whether the engine works."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .shape import Shape


class Alive(Shape):
    status: Literal["alive"]


class LeftOut(Shape):
    """An installed connector that the engine goes on without."""

    distribution: str
    entry_point: str
    reason: str


class Ready(Shape):
    status: Literal["ready"]
    has_turn: bool = Field(
        description="Whether this process routes and executes, or stands by for the one that does."
    )
    left_out: list[LeftOut]
    troubles: dict[str, str] = Field(description="Why connectors' own tasks fail, by their name.")


class NotReady(Shape):
    status: Literal["not ready"]
    reason: str
    troubles: dict[str, str] = Field({}, description="Why tasks fail, by their name.")
