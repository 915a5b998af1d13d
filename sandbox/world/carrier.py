"""Whoever carries webhooks out of a world, as far as the rest of it has to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from ..protocol.envelope import Update
from .clock import Clock
from .deliveries import Delivery, DeliveryLog
from .entities import App
from .feed import Feed
from .settings import Settings


class Carrier(Protocol):
    """Takes updates to callbacks. A world says what goes where, and not how it gets there."""

    @property
    def log(self) -> DeliveryLog: ...

    @property
    def waiting(self) -> int:
        """Updates that have not been answered with 200 yet."""
        ...

    def send(self, app: App, url: str, update: Update) -> None: ...

    def unanswered(self) -> Iterator[tuple[str, str, Update]]:
        """App id, address and update of everything not yet answered with 200, oldest first."""
        ...

    def resend(self, delivery: Delivery) -> Delivery:
        """Post the same bytes once more, at once and beside everything that waits."""
        ...

    async def verify(self, url: str, verify_token: str) -> str | None:
        """Meta's GET handshake with a callback. Returns why it failed, or None."""
        ...

    def reset(self) -> None:
        """Forget everything that waits or is on its way."""
        ...

    async def stop(self) -> None:
        """End what is on its way; may be called twice."""
        ...


# A world makes its own, from its clock, its present settings and its feed.
MakeCarrier: TypeAlias = Callable[[Clock, Callable[[], Settings], Feed], Carrier]
