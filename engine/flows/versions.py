"""The documents of flows, by version."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..limits import Limits
from ..storage.database import ReadRows
from ..storage.shared import remove_shared
from ..storage.tables import flow_drafts, flow_versions, flows, form_uses, hooks, runs
from ..times import iso
from .asked_forms import store_uses
from .listening import STOPPED
from .models import FlowDocument
from .tags import Expected, version_tag

# Documents that are kept read, in number and in bytes of their JSON.
MAX_DOCUMENTS, MAX_DOCUMENT_BYTES = 1_000, 32 * 1024 * 1024


@dataclass
class Documents:
    """The documents of all versions; those that were used last are kept, as many as fit."""

    rows: ReadRows
    # Makes the types of the components that one has, which take a while at first.
    load: Callable[[Iterable[object]], Awaitable[None]]
    size_bytes: int = 0
    _kept: OrderedDict[tuple[str, int], tuple[FlowDocument, int]] = field(
        default_factory=OrderedDict[tuple[str, int], "tuple[FlowDocument, int]"]
    )

    async def read(self, flow_key: str, version: int) -> FlowDocument:
        """Return one version, whose secrets are sealed still; raise LookupError."""
        found = self._get(flow_key, version)
        if found is None:
            query = sa.select(flow_versions.c.document).where(
                flow_versions.c.flow_key == flow_key, flow_versions.c.version == version
            )
            rows = await self.rows(query)
            if not rows:
                raise LookupError(f"Version {version} of the flow is gone.")
            found = FlowDocument.model_validate(rows[0].document)
            await self.load({each.type for each in found.components.values()})
            self._add(flow_key, version, found)
        return found

    def _get(self, flow_key: str, version: int) -> FlowDocument | None:
        found = self._kept.get((flow_key, version))
        if found is None:
            return None
        self._kept.move_to_end((flow_key, version))
        return found[0]

    def _add(self, flow_key: str, version: int, document: FlowDocument) -> None:
        size_bytes = len(document.model_dump_json())
        self._kept[flow_key, version] = (document, size_bytes)
        self.size_bytes += size_bytes
        while len(self._kept) > 1 and (
            len(self._kept) > MAX_DOCUMENTS or self.size_bytes > MAX_DOCUMENT_BYTES
        ):
            _, (_, freed) = self._kept.popitem(last=False)
            self.size_bytes -= freed


def store_version(
    connection: sa.Connection,
    owner_id: str,
    flow_id: str,
    document: Mapping[str, Any],
    uses: Sequence[Mapping[str, Any]],
    *,
    limits: Limits,
    expected: Expected,
    now: float,
) -> None:
    mine = (flows.c.owner_id == owner_id) & (flows.c.id == flow_id)
    row = connection.execute(sa.select(flows).where(mine).with_for_update()).first()
    check_version(row, expected)
    key = row.key if row else _key_of_draft(connection, owner_id, flow_id) or uuid.uuid4().hex
    version = row.version + 1 if row else 1
    changed = {"name": document["name"], "version": version, "updated_at": now}
    if row:
        connection.execute(sa.update(flows).where(mine).values(changed))
    else:
        check_room(connection, owner_id, flow_id, limits)
        fixed = {"owner_id": owner_id, "id": flow_id, "key": key, "created_at": now}
        state = {"state": STOPPED, "reason": "", "running_version": None}
        connection.execute(sa.insert(flows), {**fixed, **state, **changed})
    add_version(connection, key, version, document, now)
    store_uses(connection, key, version, uses)
    old = flow_versions.c.version.between(1, version - limits.versions)
    running = sa.select(flows.c.running_version).where(
        flows.c.key == key, flows.c.running_version.is_not(None)
    )
    used = sa.select(runs.c.version).where(runs.c.flow_key == key)
    connection.execute(
        sa.delete(flow_versions).where(
            flow_versions.c.flow_key == key,
            old,
            flow_versions.c.version.not_in(running),
            flow_versions.c.version.not_in(used),
        )
    )
    others = form_uses.c.version.not_in(running) & (form_uses.c.version != version)
    connection.execute(sa.delete(form_uses).where(form_uses.c.flow_key == key, others))


def add_version(
    connection: sa.Connection, key: str, version: int, document: Mapping[str, Any], now: float
) -> None:
    row = {"flow_key": key, "version": version, "document": document, "created_at": now}
    connection.execute(sa.insert(flow_versions), row)


def check_version(row: sa.Row[Any] | None, expected: Expected) -> None:
    """Raise OutdatedError unless a flow's newest version is one that a change was made from."""
    if row is None:
        expected.check(None, "There is no such flow now.")
    else:
        there = (
            f"Version {row.version} is the newest; the flow was changed at {iso(row.updated_at)}."
        )
        expected.check(version_tag(row.key, row.version), there)


def check_room(connection: sa.Connection, owner_id: str, flow_id: str, limits: Limits) -> None:
    """Raise ConflictError for one more flow, or draft of one, than an owner may have."""
    ids = sa.union(
        *(
            sa.select(table.c.id).where(table.c.owner_id == owner_id, table.c.id != flow_id)
            for table in (flows, flow_drafts)
        )
    ).subquery()
    limits.check("flows", connection.scalar(sa.select(sa.func.count()).select_from(ids)) or 0)


def remove_flow(connection: sa.Connection, key: str, expected: Expected) -> None:
    row = connection.execute(sa.select(flows).where(flows.c.key == key).with_for_update()).first()
    check_version(row, expected)
    if row is not None:
        remove_shared(connection, row.owner_id, key)
    for column in (flows.c.key, flow_drafts.c.key, form_uses.c.flow_key, hooks.c.flow_key):
        connection.execute(sa.delete(column.table).where(column == key))


def _key_of_draft(connection: sa.Connection, owner_id: str, flow_id: str) -> str | None:
    mine = (flow_drafts.c.owner_id == owner_id) & (flow_drafts.c.id == flow_id)
    return connection.scalar(sa.select(flow_drafts.c.key).where(mine))
