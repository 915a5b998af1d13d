"""What the triggers of a flow have asked for: times to be woken at, and addresses of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ..limits import Limits
from ..storage.storage import Storage
from ..storage.tables import hooks, schedules
from ..times import iso
from .hooks import hook_address
from .listening import TakeOver
from .schedules import in_words


async def asked_for(storage: Storage, flow_key: str, base_url: str) -> dict[str, Any]:
    """Return it as the API shows it to the flow's owner."""
    order = (schedules.c.component, schedules.c.name)
    woken = sa.select(schedules).where(schedules.c.flow_key == flow_key).order_by(*order)
    found = sa.select(hooks).where(hooks.c.flow_key == flow_key)
    found = found.order_by(hooks.c.component, hooks.c.name)
    return {
        "wakes": [
            {
                "component": row.component,
                "name": row.name,
                **in_words(row.rule),
                "nextAt": iso(row.due_at),
                "reason": row.reason,
            }
            for row in await storage.rows(woken)
        ],
        "hooks": [
            {
                "component": row.component,
                "name": row.name,
                "url": hook_address(base_url, storage.seal.open(row.sealed)),
                "methods": row.rule["methods"],
                "answerWithinS": row.rule["answerWithinS"],
                "isOpen": row.is_open,
            }
            for row in await storage.rows(found)
        ],
    }


async def present_hooks(storage: Storage, flow_key: str) -> Mapping[tuple[str, str], sa.Row[Any]]:
    """Return the addresses that the flow has, by component and name."""
    rows = await storage.rows(sa.select(hooks).where(hooks.c.flow_key == flow_key))
    return {(row.component, row.name): row for row in rows}


async def check_limits(
    storage: Storage, limits: Limits, owner_id: str, taking_over: TakeOver
) -> None:
    """Raise ConflictError when the owner has too many schedules or addresses with these."""
    for table, asked, name in (
        (schedules, len(taking_over.schedules), "schedules"),
        (hooks, len(taking_over.hooks), "hooks"),
    ):
        if not asked:
            continue
        others = sa.select(sa.func.count().label("others")).where(
            table.c.owner_id == owner_id, table.c.flow_key != taking_over.flow_key
        )
        present = int((await storage.rows(others))[0].others) + asked
        limits.check(name, present - 1)
