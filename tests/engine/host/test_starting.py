"""A start that fails half-way undoes what it had begun; what has ended stays quiet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.accounts.configuration import Configuration
from appmixer.engine.accounts.owners import Owners
from appmixer.engine.contract import Connector
from appmixer.engine.host import engine as module
from appmixer.engine.host import opening
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.observe.tasks import Tasks
from appmixer.engine.settings import Settings

pytestmark = pytest.mark.anyio


class CannotError(Exception):
    """What the test makes fail."""


def fails(*_: Any, **__: Any) -> Any:
    raise CannotError


async def fails_later(*_: Any, **__: Any) -> Any:
    raise CannotError


# What a start acquires or calls, in its order.
POINTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the folder": lambda patch: patch.setattr(module, "open_folder", fails),
    "the marks": lambda patch: patch.setattr(module, "AttemptMarks", fails),
    "the tables": lambda patch: patch.setattr(opening, "migrate", fails),
    "the writer": lambda patch: patch.setattr(opening, "Writer", fails),
    "the owners": lambda patch: patch.setattr(Owners, "start", fails_later),
    "the configuration": lambda patch: patch.setattr(Configuration, "start", fails_later),
    "the client": lambda patch: patch.setattr(module, "open_http", fails),
    "the tasks": lambda patch: patch.setattr(Tasks, "begin", fails),
}


@pytest.mark.parametrize("point", POINTS)
async def test_a_start_that_fails_half_way_leaves_nothing_behind(
    point: str, settings: Settings, connectors: dict[str, Connector]
) -> None:
    threads = {each.name for each in threading.enumerate()}
    engine = Engine(settings, connectors)
    with pytest.MonkeyPatch.context() as patch:
        POINTS[point](patch)
        with pytest.raises(CannotError):
            await engine.start()
    left = {each.name for each in threading.enumerate() if each.name in ("writer", "reader_0")}

    async with open_engine(settings, connectors) as again:
        is_ready = again.is_ready

    assert (left - threads, engine.is_ready, is_ready) == (set(), False, True)


async def test_stopping_what_was_never_started_does_nothing(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    engine = Engine(settings, connectors)

    await engine.stop()
    await engine.stop()

    async with open_engine(settings, connectors) as again:
        assert again.is_ready


async def test_a_second_engine_on_a_folder_is_refused_and_leaves_the_first_alone(
    engine: Engine, settings: Settings, connectors: dict[str, Connector], tmp_path: Path
) -> None:
    from appmixer.engine.storage.folder import FolderInUseError

    second = Engine(settings, connectors)
    with pytest.raises(FolderInUseError):
        await second.start()

    assert engine.is_ready
    assert await engine.flows.list(engine.owners.first_owner_id) == []
