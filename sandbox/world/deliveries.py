"""Single deliveries of webhooks, and the log of the latest."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from .settings import Settings

MAX_LOGGED_DELIVERIES = 10_000

DeliveryState = Literal["sending", "waiting", "delivered", "dropped"]


@dataclass(slots=True)
class Attempt:
    at: float
    status: int | None
    error: str | None
    answer: str = ""
    """The beginning of what the callback answered."""


@dataclass(slots=True)
class Delivery:
    """One POST with its bytes, which stay the same through every attempt."""

    id: str
    app_id: str
    url: str
    body: bytes
    signature: str
    updates: int
    created_at: float
    fields: tuple[str, ...] = ()
    state: DeliveryState = "sending"
    attempts: list[Attempt] = field(default_factory=list[Attempt])


class DeliveryLog:
    """The latest deliveries, bounded by the bytes of their bodies."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._entries: dict[str, Delivery] = {}
        self._bytes = 0

    def add(self, delivery: Delivery) -> None:
        self._entries[delivery.id] = delivery
        self._bytes += len(delivery.body)
        limit = self._settings().log_bytes
        while self._entries and (self._bytes > limit or len(self._entries) > MAX_LOGGED_DELIVERIES):
            oldest = next(iter(self._entries))
            self._bytes -= len(self._entries.pop(oldest).body)

    def get(self, delivery_id: str) -> Delivery | None:
        return self._entries.get(delivery_id)

    def latest(self) -> list[Delivery]:
        """Newest first."""
        return list(self._entries.values())[::-1]

    def clear(self) -> None:
        self._entries.clear()
        self._bytes = 0


def new_delivery_id() -> str:
    return secrets.token_hex(8)
