"""The connection to Temporal: who asks for something waits while it is away, and it is seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from ..contract import Log
from ..errors import StartError
from ..settings import TemporalSettings
from .connection import TemporalAwayError, connect
from .failures import reticent

T = TypeVar("T")
# While it is away it is asked again after this; while it is there, now and then.
PAUSE_S, LOOK_S = 1.0, 10.0
ANSWER_S = 5.0
# How often a log says that it is away.
SAID_EVERY_S = 60.0


@dataclass
class Link:
    """One process's connection, as `identity`. `trouble` says why it is of no use just now."""

    settings: TemporalSettings
    identity: str
    log: Log
    trouble: str = ""
    _client: Client | None = None
    _is_up: asyncio.Event = field(default_factory=asyncio.Event)
    _say_at: float = 0.0

    async def start(self) -> None:
        """Connect, or leave it to `keep`; raise StartError when somebody has to change something.

        A service that is away keeps nobody from being answered.
        """
        try:
            self._have(await connect(self.settings, self.identity))
        except TemporalAwayError as error:
            self._lack(str(error))

    async def keep(self) -> None:
        """Connect when it is there again, and see when it is not, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S if self._is_up.is_set() else PAUSE_S)
            try:
                if self._client is None:
                    self._have(await connect(self.settings, self.identity))
                else:
                    await self._ask(self._client)
                    self._have(self._client)
            except (TemporalAwayError, StartError) as error:
                self._lack(str(error))
            except RPCError as error:
                self._lack(self._told(error))

    async def client(self) -> Client:
        """Return the connection when there is one."""
        while True:
            await self._is_up.wait()
            if self._client is not None:
                return self._client

    async def call(self, do: Callable[[Client], Awaitable[T]]) -> T:
        """Ask for something until it is done; it may be done twice."""
        while True:
            client = await self.client()
            try:
                return await do(client)
            except RPCError as error:
                self._lack(self._told(error))

    async def _ask(self, client: Client) -> None:
        asked = DescribeNamespaceRequest(namespace=self.settings.namespace)
        answer = timedelta(seconds=ANSWER_S)
        await client.workflow_service.describe_namespace(asked, timeout=answer)

    def _have(self, client: Client) -> None:
        if client is not self._client:
            self._client = reticent(client)
        if self.trouble:
            self.log.info("temporal_is_back")
        self.trouble = ""
        self._is_up.set()

    def _lack(self, reason: str) -> None:
        self.trouble = reason
        self._is_up.clear()
        if time.monotonic() >= self._say_at:
            self._say_at = time.monotonic() + SAID_EVERY_S
            self.log.warning("temporal_away", reason=reason)

    def _told(self, error: RPCError) -> str:
        # Its own words may name what was asked for.
        if error.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED):
            return f"Temporal at {self.settings.address} cannot be reached."
        said = error.status.name.lower()
        return f"Temporal at {self.settings.address} does not do what it is asked for ({said})."
