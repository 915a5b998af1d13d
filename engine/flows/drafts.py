"""Drafts of flows: anything that is not finished, kept with its faults, and run as a test."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..contract import ConfigurationError
from ..limits import Limits
from ..storage.seal import SealError
from ..storage.shared import remove_shared
from ..storage.storage import Storage
from ..storage.tables import flow_drafts, flow_versions, flows, runs
from ..times import iso
from ..values import cut, is_object
from .differences import differences
from .document_checks import DocumentChecks
from .inputs import limited
from .models import ComponentType, Fault, FlowDocument, FlowFaults
from .sealed_inputs import hide_secrets, opened, seal_secrets, with_hidden
from .sizes import size_faults
from .tags import WHATEVER, Expected
from .versions import add_version, check_room

MAX_NAME_CHARS = 200
# What who watches is told of a draft.
NOTICED = ("etag", "name", "updatedAt")


@dataclass(frozen=True)
class Drafts:
    """The drafts of all owners; every call names the owner, and finds nobody else's."""

    storage: Storage
    checks: DocumentChecks
    types: Mapping[str, ComponentType]
    limits: Limits
    document: Callable[[str, int], Awaitable[FlowDocument]]
    # Tells who watches: the owner, of what kind it is, and what there is to tell.
    tell: Callable[[str, str, Mapping[str, Any]], None]

    async def put(
        self, owner_id: str, flow_id: str, raw: object, expected: Expected = WHATEVER
    ) -> dict[str, Any]:
        """Store a draft, whatever it lacks.

        Raise FlowFaults for what is too large to look at, and for a step that is no object.
        """
        if faults := [*size_faults(raw)] or [*limited(_shapeless(raw))]:
            raise FlowFaults(faults)
        seal = self.storage.seal
        kept = [*await self.kept(owner_id, flow_id)]
        flow = await self._flow(owner_id, flow_id)
        if flow is not None:
            kept.append(opened(await self.document(flow.key, flow.version), seal))
        sealed = await self.checks.in_turn(lambda: seal.close(with_hidden(raw, kept, self.types)))
        name = raw.get("name") if is_object(raw) else None
        shown = name[:MAX_NAME_CHARS] if isinstance(name, str) else ""
        changed = {"name": shown, "sealed": sealed, "tag": f"d-{uuid.uuid4().hex[:16]}"}
        await self.storage.writer.commit(
            lambda c: self._store(c, owner_id, flow_id, changed, expected)
        )
        draft = await self.get(owner_id, flow_id)
        self.tell(owner_id, "draft", {"flowId": flow_id, **{each: draft[each] for each in NOTICED}})
        return draft

    async def get(
        self, owner_id: str, flow_id: str, *, compared_with: int | None = None
    ) -> dict[str, Any]:
        """Return the draft with all its faults, and how it differs from a version.

        Raise LookupError.
        """
        row = await self._present(owner_id, flow_id)
        raw = await self._open(row)
        checked = await self.checks.check(owner_id, raw)
        changes: dict[str, Any] | None = None
        if compared_with is not None:
            version = opened(await self.document(row.key, compared_with), self.storage.seal)
            changes = await self.checks.in_turn(lambda: differences(version, raw, self.types))
        return {
            **_summary(row),
            "document": hide_secrets(raw, self.types),
            "faults": [*map(_shown, checked.faults)],
            "warnings": [*map(_shown, checked.warnings)],
            "changes": changes,
        }

    async def list(self, owner_id: str) -> list[dict[str, Any]]:
        query = sa.select(flow_drafts).where(flow_drafts.c.owner_id == owner_id)
        rows = await self.storage.rows(query.order_by(flow_drafts.c.name))
        return [_summary(row) for row in rows]

    async def delete(self, owner_id: str, flow_id: str, expected: Expected = WHATEVER) -> None:
        """Forget the draft; raise LookupError."""
        mine = _mine(owner_id, flow_id)

        def remove(connection: sa.Connection) -> None:
            row = connection.execute(sa.select(flow_drafts).where(mine).with_for_update()).first()
            _check(row, expected)
            if row is None:
                raise _missing(flow_id)
            connection.execute(sa.delete(flow_drafts).where(mine))
            if not connection.scalar(sa.select(sa.exists().where(flows.c.key == row.key))):
                remove_shared(connection, owner_id, row.key)

        await self.storage.writer.commit(remove)
        self.tell(owner_id, "draft", {"flowId": flow_id, "etag": None})

    async def kept(self, owner_id: str, flow_id: str) -> Sequence[Mapping[str, Any]]:
        """Return the draft's document with its secrets open, if there is a draft."""
        row = await self._row(owner_id, flow_id)
        with contextlib.suppress(ConfigurationError):
            return [] if row is None else [await self._open(row)]
        return []

    async def executable(self, owner_id: str, flow_id: str) -> tuple[str, int]:
        """Return the flow's key and a version that is the draft as it is, for runs that are tests.

        The versions of tests have numbers below zero. One that has been run goes on as it was when
        the draft is changed; as many are kept as of others, and those of runs that have not ended.
        Raise LookupError, or FlowFaults for a draft that cannot be run.
        """
        row = await self._present(owner_id, flow_id)
        if row.test_version is not None:
            return row.key, row.test_version
        document = (await self.checks.check(owner_id, await self._open(row))).without_faults()
        stored = document.model_dump(mode="json", exclude_unset=True)
        stored = seal_secrets(stored, self.types, self.storage.seal)
        limit, now = self.limits.versions, self.storage.clock.now
        version = await self.storage.writer.commit(lambda c: _add_test(c, row, stored, limit, now))
        return row.key, version

    def _store(
        self,
        connection: sa.Connection,
        owner_id: str,
        flow_id: str,
        changed: Mapping[str, Any],
        expected: Expected,
    ) -> None:
        mine = _mine(owner_id, flow_id)
        row = connection.execute(sa.select(flow_drafts).where(mine).with_for_update()).first()
        _check(row, expected)
        now = self.storage.clock.now
        values = {**changed, "test_version": None, "updated_at": now}
        if row is not None:
            connection.execute(sa.update(flow_drafts).where(mine).values(values))
            return
        of_flow = (flows.c.owner_id == owner_id) & (flows.c.id == flow_id)
        flow = connection.execute(sa.select(flows.c.key, flows.c.version).where(of_flow)).first()
        if flow is None:
            check_room(connection, owner_id, flow_id, self.limits)
        place = {
            "owner_id": owner_id,
            "id": flow_id,
            "key": flow.key if flow else uuid.uuid4().hex,
            "based_on": flow.version if flow else None,
            "created_at": now,
        }
        connection.execute(sa.insert(flow_drafts), {**place, **values})

    async def _open(self, row: sa.Row[Any]) -> Any:
        try:
            return await self.checks.in_turn(lambda: self.storage.seal.open(row.sealed))
        except SealError:
            raise ConfigurationError(
                "The draft cannot be read",
                "It was sealed with another key than the engine's.",
                "Bring that key back, or store the draft anew.",
            ) from None

    async def _row(self, owner_id: str, flow_id: str) -> sa.Row[Any] | None:
        query = sa.select(flow_drafts).where(_mine(owner_id, flow_id))
        return next(iter(await self.storage.rows(query)), None)

    async def _present(self, owner_id: str, flow_id: str) -> sa.Row[Any]:
        row = await self._row(owner_id, flow_id)
        if row is None:
            raise _missing(flow_id)
        return row

    async def _flow(self, owner_id: str, flow_id: str) -> sa.Row[Any] | None:
        query = sa.select(flows).where(flows.c.owner_id == owner_id, flows.c.id == flow_id)
        return next(iter(await self.storage.rows(query)), None)


def _shapeless(raw: object) -> Iterator[Fault]:
    """Yield the steps that nobody could show or finish, for they hold no fields."""
    components = raw.get("components") if is_object(raw) else None
    for name, step in components.items() if is_object(components) else ():
        if not is_object(step):
            text = f"The step {cut(name)!r} has to be a group of fields, {{…}}."
            yield Fault(f"components.{cut(name)}", text)


def _mine(owner_id: str, flow_id: str) -> sa.ColumnElement[bool]:
    return (flow_drafts.c.owner_id == owner_id) & (flow_drafts.c.id == flow_id)


def _missing(flow_id: str) -> LookupError:
    return LookupError(f"There is no draft of {flow_id!r}.")


def _check(row: sa.Row[Any] | None, expected: Expected) -> None:
    there = "There is no draft now."
    if row is not None:
        there = f"The draft that is there was stored at {iso(row.updated_at)}."
    expected.check(row.tag if row is not None else None, there)


def _add_test(
    connection: sa.Connection,
    row: sa.Row[Any],
    document: Mapping[str, Any],
    limit: int,
    now: float,
) -> int:
    """Store a version for tests, and forget those that nobody needs; return its number."""
    same = (flow_drafts.c.key == row.key) & (flow_drafts.c.tag == row.tag)
    present = connection.execute(
        sa.select(flow_drafts.c.test_version).where(same).with_for_update()
    ).first()
    if present is not None and present.test_version is not None:
        return int(present.test_version)
    mine = (flow_versions.c.flow_key == row.key) & (flow_versions.c.version < 0)
    lowest = connection.scalar(sa.select(sa.func.min(flow_versions.c.version)).where(mine))
    version = min(lowest or 0, 0) - 1
    add_version(connection, row.key, version, document, now)
    connection.execute(sa.update(flow_drafts).where(same).values(test_version=version))
    under_way = sa.select(runs.c.version).where(
        runs.c.flow_key == row.key, runs.c.ended_at.is_(None)
    )
    old = flow_versions.c.version >= version + limit
    connection.execute(
        sa.delete(flow_versions).where(mine, old, flow_versions.c.version.not_in(under_way))
    )
    return version


def _shown(fault: Fault) -> dict[str, Any]:
    return {"path": fault.path, "text": fault.text}


def _summary(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "etag": row.tag,
        "name": row.name,
        "basedOn": row.based_on,
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
    }
