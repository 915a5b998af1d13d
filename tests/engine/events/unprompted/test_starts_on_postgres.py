"""On PostgreSQL, another process wakes what one has left, and answers what one was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from appmixer.engine.contract.testing import Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings

from .clockwork import CONNECTOR, Clockwork, clockwork, flow
from .conftest import Until, client_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def two(tmp_path: Path, postgres: str, clock: Clock) -> AsyncIterator[list[Engine]]:
    """Two processes on one database: the one whose turn it is, and the one that stands by."""
    environment = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()}
    async with AsyncExitStack() as opened:
        found: list[Engine] = []
        for name in ("first", "second"):
            settings = Settings(
                data=tmp_path / name, environment=environment, database_url=postgres
            )
            # The second one's clock is the machine's, so that it looks by itself.
            engine = await opened.enter_async_context(
                open_engine(settings, clockwork(), clock if name == "first" else None)
            )
            found.append(engine)
            async with asyncio.timeout(60):
                await found[0].turn.is_mine.wait()
        yield found


def plugin_of(engine: Engine) -> Clockwork:
    plugin = engine.plugins[CONNECTOR]
    assert isinstance(plugin, Clockwork)
    return plugin


async def test_a_process_that_stands_by_wakes_what_the_other_one_has_left(
    two: list[Engine], until: Until
) -> None:
    active, standby = two
    owner = active.owners.first_owner_id
    document = flow("Scheduled", {"everyS": 1}, note={"text": "woken"})
    await active.flows.put(owner, "flow", document)
    await standby.flows.start(owner, "flow")

    # As a process that dies does for the database. The other one's clock says that it is due.
    await active.tasks.stop()

    async def is_woken() -> bool:
        return len(plugin_of(standby).noted) >= 2

    await until(is_woken)
    runs = await standby.runs.list(owner)
    times = {
        (await standby.runs.get(owner, each["id"]))["steps"][0]["output"]["out"][0]["scheduledAt"]
        for each in runs
    }

    assert len(times) == len(runs), "each time once"
    assert plugin_of(active).noted == []


async def test_a_process_that_stands_by_gives_the_answer_of_the_one_at_work(
    two: list[Engine], until: Until
) -> None:
    active, standby = two
    owner = active.owners.first_owner_id
    document = flow("Asked", {"answerWithinS": 60}, reply={"text": "{{ begin.out.body }}"})
    await active.flows.put(owner, "flow", document)
    shown: dict[str, Any] = await active.flows.start(owner, "flow")
    asking = None

    async with client_of(standby) as stranger:
        address = httpx.URL(shown["hooks"][0]["url"]).path
        asking = asyncio.create_task(
            stranger.post(address, content="x", headers={"Idempotency-Key": "1"})
        )

        async def is_answered() -> bool:
            # The one at work looks for what others have stored as its clock goes on.
            clock = active.clock
            assert isinstance(clock, Clock)
            clock.advance(1)
            return asking.done()

        await until(is_answered)
        answer = await asking
        again = await stranger.post(address, content="x", headers={"Idempotency-Key": "1"})

    assert (answer.status_code, answer.text) == (200, "x")
    assert (again.status_code, again.text) == (200, "x")
    assert plugin_of(active).noted[1:] == ["answered x"]
    assert plugin_of(standby).noted == []
