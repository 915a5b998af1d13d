"""What the checks share: a host with its probe, a way to say something, and how to wait."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ..values import JsonObject
from .adapter import HostSite, RunningHost, StepRecord
from .probe import Probe

# What takes no time is given so much, to show that it does not happen.
MOMENT_S = 0.2
NO_ENTRIES: JsonObject = {}
ENDED = ("completed", "failed", "unknown")


def expect(found: object, wanted: object, what: str) -> None:
    """Raise AssertionError unless it is so; an assert statement would not say what was found."""
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r} and not {wanted!r}")


def require(is_so: object, what: str) -> None:
    if not is_so:
        raise AssertionError(what)


@dataclass
class Stage:
    """A host at work for one check."""

    site: HostSite
    probe: Probe
    host: RunningHost

    async def say(
        self,
        text: str,
        *,
        room: str = "hall",
        id: str = "",
        order: str = "",
        wait_keys: Sequence[str] = (),
        number: Any = None,
        pin: str | None = None,
    ) -> None:
        """Let an event happen, which the host has to take."""
        event = {
            "id": id or uuid.uuid4().hex,
            "room": room,
            "order": order,
            "wait_keys": list(wait_keys),
            "payload": {"text": text, "number": number, "pin": pin},
        }
        status = await self.host.post("/events", json.dumps(event).encode())
        expect(status, 200, "the host's answer to an event")

    async def until(self, is_so: Callable[[], Awaitable[bool]], what: str) -> None:
        end = time.monotonic() + self.site.patience_s
        while not await is_so():
            if time.monotonic() > end:
                told = f"notes {self.probe.notes}, attempts {self.probe.attempts}"
                raise AssertionError(f"{what}, in {self.site.patience_s:g} s; {told}")
            await asyncio.sleep(0.01)

    async def until_steps(
        self, count: int, *states: str, flow: str = "flow"
    ) -> Sequence[StepRecord]:
        """Wait until the flow has so many steps, all in one of the states; without, all ended."""
        wanted = states or ENDED

        async def are_there() -> bool:
            found = await self.host.steps(flow)
            return len(found) >= count and all(each.state in wanted for each in found)

        await self.until(are_there, f"{flow} has not {count} steps that are {' or '.join(wanted)}")
        found = await self.host.steps(flow)
        expect(len(found), count, f"steps of {flow}")
        return found

    async def until_attempts(self, count: int) -> None:
        async def are_there() -> bool:
            return len(self.probe.attempts) >= count

        await self.until(are_there, f"the action was not called {count} times")

    async def until_noted(self, note: str, times: int = 1) -> None:
        async def is_there() -> bool:
            return self.probe.notes.count(note) >= times

        await self.until(is_there, f"{note!r} is not noted {times} times")

    async def settle(self) -> None:
        """Give what must not happen the time to happen."""
        await asyncio.sleep(MOMENT_S)

    async def open_again(self) -> None:
        self.host = await self.site.open(self.probe.connector())


@asynccontextmanager
async def staged(
    site: HostSite,
    probe: Probe | None = None,
    *,
    deadline_s: float = 60.0,
    is_started: bool = True,
) -> AsyncGenerator[Stage]:
    """Open a host with the account `ann`, and a flow of it that listens to the hall."""
    probe = Probe() if probe is None else probe
    stage = Stage(site, probe, await site.open(probe.connector(), deadline_s=deadline_s))
    try:
        account = "ann" if probe.has_accounts else None
        if account:
            await stage.host.connect(account, "token-ann")
        if is_started:
            await stage.host.start("flow", account, {"room": "hall"})
        yield stage
    finally:
        await stage.host.stop()
