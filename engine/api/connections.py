"""What strangers may take of this process before anybody knows who they are: its connections.

uvicorn's protocol limits neither the size of a head, nor how long a head or a body may take, nor
how many connections there are. This does, at no cost per request: bytes are counted as they come,
and clocks are looked at once a second for all connections together.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from .answers import answer

# So many requests may wait behind the one that is being answered: uvicorn would take any number.
MAX_PIPELINED = 1_000
SLOW = "Send it in one go; a proxy in front of the engine may have to collect it first."


@dataclass(frozen=True)
class Limits:
    """What one process gives to those who connect to it."""

    connections: int = 1000
    head_bytes: int = 64 * 1024
    head_s: float = 10.0
    # How long a connection may rest between requests: longer than clients and proxies keep theirs
    # (5 to 60 s), so that none of them sends a request as it is closed here.
    rest_s: float = 75.0
    # A body has to bring so many bytes in so many seconds, or its rest.
    body_s: float = 30.0
    body_bytes: int = 32 * 1024
    # How long an answer may lie here unread.
    unread_s: float = 60.0


class BoundedConfig(uvicorn.Config):
    """uvicorn's settings, and the limits."""

    def __init__(self, app: Callable[..., Any], limits: Limits, **settings: Any) -> None:
        # The clock ends connections that rest; uvicorn's own timer comes after it.
        settings["timeout_keep_alive"] = round(limits.rest_s) + 10
        super().__init__(app, http=BoundedProtocol, **settings)
        # Connections are files to the system, and the engine needs others beside.
        open_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.limits = limits
        self.max_connections = min(limits.connections, max(1, open_files // 2))


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: BoundedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits, self._max_connections = config.limits, config.max_connections
        # Bytes that came and are no body, as far as bodies do not outweigh them.
        self._extra = 0
        self._body_bytes = 0
        self._is_in_head = self._is_head_too_large = False
        # What the clock found when it looked last, and since when.
        self._found: object = None
        self._since = self.loop.time()
        self._seen_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        if len(self.connections) > self._max_connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        self._extra += len(data)
        super().data_received(data)
        if self._extra > self._limits.head_bytes:
            self._refuse_extra()
        elif self._extra < 0:
            self._extra = 0

    def on_message_begin(self) -> None:
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._extra > self._limits.head_bytes:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > self._limits.head_bytes:
                self._is_head_too_large = True
                raise ValueError("the head is too large")  # ends the parsing
        self._extra = 0
        self._body_bytes = 0
        self._is_in_head = False
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            # No answer could be told from those that are due before.
            self.transport.close()
            raise ValueError("too many requests at once")  # ends the parsing

    def on_body(self, body: bytes) -> None:
        size = len(body)
        self._body_bytes += size
        # Once because these are no extra bytes, and once more because so many are granted to them.
        self._extra -= 2 * size
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or more of it than is taken."""
        if self.transport.is_closing():
            return
        if self._is_head_too_large:
            self._refuse_head()
        else:
            self._refuse(400, "The request cannot be read", "It is no HTTP.", "Use an HTTP client.")

    def check(self, now: float) -> None:
        """End the connection if it has kept us waiting too long; called about once a second."""
        cycle = self.cycle
        if self.transport.is_closing() or self.flow.write_paused:
            if self._has_been("unread", now) > self._limits.unread_s:
                self.transport.abort()
        elif self.is_waiting:
            is_resting = self._cycle is not None and not (cycle.more_body or self._is_in_head)
            limit_s = self._limits.rest_s if is_resting else self._limits.head_s
            if self._has_been((cycle, is_resting), now) > limit_s:
                self._end_waiting()
        elif cycle.more_body and not self.flow.read_paused and not cycle.waiting_for_100_continue:
            if self._has_been(cycle, now) > self._limits.body_s:
                self._check_progress(now)
        else:
            self._found = None

    @property
    def is_waiting(self) -> bool:
        """Whether no request is being answered."""
        cycle = self._cycle
        return cycle is None or cycle.response_complete

    @property
    def _cycle(self) -> RequestResponseCycle | None:
        """The newest request; uvicorn's types forget that there is none at first."""
        return self.cycle

    def _has_been(self, found: object, now: float) -> float:
        """Return for how many seconds the clock has found the same."""
        if self._found != found:
            self._found, self._since, self._seen_bytes = found, now, self._body_bytes
        return now - self._since

    def _check_progress(self, now: float) -> None:
        if self._body_bytes - self._seen_bytes < self._limits.body_bytes:
            cause = f"Its body has not come within {self._limits.body_s:g} seconds."
            self._refuse(408, "The request took too long", cause, SLOW)
        self._since, self._seen_bytes = now, self._body_bytes

    def _end_waiting(self) -> None:
        if self._cycle is None and self._is_in_head:
            cause = f"Its head has not come within {self._limits.head_s:g} seconds."
            self._refuse(408, "The request took too long", cause, SLOW)
        else:
            self.transport.close()

    def _refuse_extra(self) -> None:
        if self.transport.is_closing():
            return
        if self.is_waiting:
            self._refuse_head()
        else:
            cause = "It comes in too small pieces, or has too much behind it."
            self._refuse(400, "The body cannot be taken", cause, "Send it in larger pieces.")

    def _refuse_head(self) -> None:
        cause = f"Address and headers may have {self._limits.head_bytes:,} bytes together."
        self._refuse(431, "The head of the request is too large", cause, "Send less in them.")

    def _refuse(self, status: int, title: str, cause: str, cure: str) -> None:
        """Answer, unless an answer is under way, and close the connection."""
        if self.is_waiting or not self.cycle.response_started:
            body = bytes(answer(status, title, cause, cure).body)
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: application/json\r\nconnection: close\r\n"
                + b"content-length: %d\r\n\r\n" % len(body)
                + body
            )
        if not self.is_waiting:
            # Whoever answers the request is told that nobody listens any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _make_room(self) -> None:
        """End what has been waiting for longest; whoever is being answered stays."""
        others = [
            each
            for each in self.connections
            if isinstance(each, BoundedProtocol) and each is not self and each.is_waiting
        ]
        if others:
            oldest = min(others, key=lambda each: each._since)
            self.connections.discard(oldest)
            oldest.transport.abort()
        else:
            cause = f"{self._max_connections:,} requests are being answered."
            self._refuse(503, "The engine is busy", cause, "Try again in a moment.")
