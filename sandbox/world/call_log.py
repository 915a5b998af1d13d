"""The log of Graph calls: what was asked and answered, without tokens, secrets and PINs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .settings import Settings

MAX_LOGGED_CALLS = 1000
# More of one body than this is told by its size alone.
MAX_BODY_BYTES = 256 * 1024
# Without a type Graph reads JSON.
TEXT_TYPES = ("application/json", "application/x-www-form-urlencoded", "text/")


@dataclass(slots=True)
class Body:
    """What went over the wire in one direction: a text that is not too long, else its size."""

    type: str = ""
    size: int = 0
    parts: list[bytes] = field(default_factory=list[bytes], repr=False)

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > MAX_BODY_BYTES:
            self.parts.clear()
        elif self.type.startswith(TEXT_TYPES):
            self.parts.append(part)

    @property
    def kept(self) -> int:
        return sum(map(len, self.parts))

    def text(self) -> str | None:
        """None for what is no text, or was too long to keep."""
        if not self.parts:
            return None
        return b"".join(self.parts).decode("utf-8", "replace")


@dataclass(slots=True)
class GraphCall:
    """One call and its answer; a connection that broke off has status 0 and what was lost."""

    at: float
    method: str
    path: str
    status: int
    error_code: int | None
    fault: str | None
    duration_ms: float = 0.0
    query: str = field(default="", repr=False)
    request: Body = field(default_factory=Body)
    response: Body = field(default_factory=Body)
    id: str = ""

    @property
    def kept(self) -> int:
        return len(self.query) + self.request.kept + self.response.kept


class CallLog:
    """The latest calls, bounded in number and by the bytes of their bodies."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._entries: dict[str, GraphCall] = {}
        self._bytes = 0
        self._count = 0

    def add(self, call: GraphCall) -> None:
        self._count += 1
        call.id = str(self._count)
        self._entries[call.id] = call
        self._bytes += call.kept
        limit = self._settings().log_bytes
        while self._entries and (self._bytes > limit or len(self._entries) > MAX_LOGGED_CALLS):
            self._bytes -= self._entries.pop(next(iter(self._entries))).kept

    def get(self, call_id: str) -> GraphCall | None:
        return self._entries.get(call_id)

    def latest(self) -> list[GraphCall]:
        """Newest first."""
        return list(self._entries.values())[::-1]
