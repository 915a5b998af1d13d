"""What bodies may take of memory and time before anybody knows who sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from starlette.types import Message, Receive

from ..errors import CrowdedError, TooSlowError

MAX_HELD_BYTES = 64 * 1024 * 1024
# So much of each body counts for nothing: a crowd of large bodies keeps no small one away.
FREE_BYTES = 64 * 1024
MAX_BODY_S = 30.0


class Budget:
    """The bytes that this process holds of all bodies that are still coming in."""

    def __init__(self, max_bytes: int = MAX_HELD_BYTES, max_body_s: float = MAX_BODY_S) -> None:
        self.max_bytes, self.max_body_s, self.held_bytes = max_bytes, max_body_s, 0

    @contextmanager
    def share(self) -> Generator[Share]:
        """Give room to one body, for as long as the context lasts."""
        share = Share(self)
        try:
            yield share
        finally:
            self.held_bytes -= share.counted_bytes


class Share:
    """One body's part of the budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget, self.size_bytes, self.counted_bytes = budget, 0, 0
        self._until: float | None = None

    async def receive(self, receive: Receive) -> Message:
        """Return the next message; raise TooSlowError or CrowdedError when it cannot be waited for.

        All messages of one body share one time.
        """
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + self._budget.max_body_s
        try:
            async with asyncio.timeout_at(self._until):
                message = await receive()
        except TimeoutError:
            raise TooSlowError(
                "The request took too long",
                f"Its body has not come within {self._budget.max_body_s:g} seconds.",
                "Send it in one go.",
            ) from None
        self.take(len(message.get("body", b"")))
        return message

    def take(self, size_bytes: int) -> None:
        """Count more bytes of the body; raise CrowdedError if there is no room for them."""
        self.size_bytes += size_bytes
        counted = max(0, self.size_bytes - FREE_BYTES) - self.counted_bytes
        if counted <= 0:
            return
        if self._budget.held_bytes + counted > self._budget.max_bytes:
            raise CrowdedError(
                "Too much is coming in at once",
                "All large bodies together have more bytes than the engine holds.",
                "Send it again in a moment.",
                retry_after_s=1,
            )
        self._budget.held_bytes += counted
        self.counted_bytes += counted
