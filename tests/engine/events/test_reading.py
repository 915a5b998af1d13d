"""What was accepted is kept once, and counted as often as it came."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import Event
from appmixer.engine.events.reading import Reading, keep_events
from appmixer.engine.storage.database import database_url, migrate, open_database
from appmixer.engine.storage.tables import events


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Connection]:
    is_server = request.param == "postgresql"
    url = request.getfixturevalue("postgres") if is_server else None
    database = open_database(database_url(tmp_path, url))
    migrate(database)
    with database.begin() as connection:
        yield connection
    database.dispose()


def test_what_came_three_times_in_one_batch_and_once_more_is_one_event(
    connection: sa.Connection,
) -> None:
    event = Event("e1", "heard", {"text": "Hi"})
    came = [Reading(seq, "test:echo", b"{}", 0.0).of([event]) for seq in range(4)]

    keep_events(connection, came[:3])
    keep_events(connection, came[3:])

    kept = connection.execute(sa.select(events.c.id, events.c.duplicates)).all()
    assert [tuple(each) for each in kept] == [("e1", 3)]
