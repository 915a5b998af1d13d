"""How much the engine holds and has to do, for its administrator."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from ..limits import Limits
from ..runs.states import SegmentState
from ..settings import Settings
from ..storage.storage import Storage
from ..storage.tables import events, files, inbox, owners, segments
from ..times import iso
from .retention import DAY_S, KEEP_EVENTS_S, KEEP_RUNS_S

KEPT_DAYS: Mapping[str, int] = {
    "runs": int(KEEP_RUNS_S / DAY_S),
    "events": int(KEEP_EVENTS_S / DAY_S),
}


async def engine_state(storage: Storage, settings: Settings, limits: Limits) -> dict[str, Any]:
    """Return sizes, the queue, what is kept how long, and what each owner may have."""
    found = await storage.readers.read(_read)
    disk = shutil.disk_usage(settings.data)
    return {
        **found,
        "diskFreeBytes": disk.free,
        "keptDays": dict(KEPT_DAYS),
        "limits": asdict(limits),
    }


def _read(connection: sa.Connection) -> dict[str, Any]:
    count = sa.func.count()
    waiting = segments.c.state == sa.literal_column(f"'{SegmentState.WAITING.value}'")
    queued = segments.c.state == sa.literal_column(f"'{SegmentState.QUEUED.value}'")
    unrouted = events.c.state == sa.literal_column("'new'")
    newest = connection.scalar(sa.select(sa.func.max(events.c.seq)))
    last = sa.select(events.c.received_at).where(events.c.seq == newest)
    sizes = sa.select(count, sa.func.coalesce(sa.func.sum(files.c.size_bytes), 0))
    number, size = connection.execute(sizes).one()
    return {
        "databaseBytes": _database_bytes(connection),
        "files": number,
        "filesBytes": int(size),
        "owners": connection.scalar(sa.select(count).select_from(owners)),
        "events": int(newest or 0),
        "lastEventAt": iso(connection.scalar(last)),
        "unread": connection.scalar(sa.select(count).select_from(inbox)),
        "unroutedYet": connection.scalar(sa.select(count).where(unrouted)),
        "queued": connection.scalar(sa.select(count).where(queued)),
        "waiting": connection.scalar(sa.select(count).where(waiting)),
    }


def _database_bytes(connection: sa.Connection) -> int:
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        return int(pages) * int(size)
    asked = "SELECT pg_database_size(current_database())"
    return int(connection.exec_driver_sql(asked).scalar_one())
