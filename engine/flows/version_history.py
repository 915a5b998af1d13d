"""The versions of flows as people see them: listed, read and compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..storage.storage import Storage
from ..storage.tables import flow_drafts, flow_versions, flows
from ..times import iso
from .differences import differences
from .document_checks import DocumentChecks
from .models import ComponentType, FlowDocument
from .sealed_inputs import hide_secrets, opened
from .tags import version_tag


@dataclass(frozen=True)
class Versions:
    """The versions of all owners' flows; every call names the owner, and finds nobody else's."""

    storage: Storage
    checks: DocumentChecks
    types: Mapping[str, ComponentType]
    document: Callable[[str, int], Awaitable[FlowDocument]]

    async def list(
        self, owner_id: str, flow_id: str, *, before: int | None = None, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Return the newest first; `before` is the last one of the page before."""
        flow = await self._flow(owner_id, flow_id)
        query = sa.select(
            flow_versions.c.version,
            flow_versions.c.created_at,
            flow_versions.c.document["name"].as_string().label("name"),
        ).where(flow_versions.c.flow_key == flow.key, flow_versions.c.version > 0)
        if before is not None:
            query = query.where(flow_versions.c.version < before)
        query = query.order_by(flow_versions.c.version.desc()).limit(limit)
        return [_summary(flow, row) for row in await self.storage.rows(query)]

    async def get(
        self, owner_id: str, flow_id: str, version: int, *, compared_with: int | None = None
    ) -> dict[str, Any]:
        """Return a version, and what changed since another one; raise LookupError.

        Versions that were drafts when they were run have numbers below zero.
        """
        flow = await self._flow(owner_id, flow_id)
        mine = (flow_versions.c.flow_key == flow.key) & (flow_versions.c.version == version)
        query = sa.select(flow_versions.c.version, flow_versions.c.created_at)
        row = next(iter(await self.storage.rows(query.where(mine))), None)
        if row is None:
            raise LookupError(f"There is no version {version} of {flow_id!r}.")
        raw = await self._opened(flow.key, version)
        changes: dict[str, Any] | None = None
        if compared_with is not None:
            former = await self._opened(flow.key, compared_with)
            changes = await self.checks.in_turn(lambda: differences(former, raw, self.types))
        return {
            **_summary(flow, row, raw["name"]),
            "document": hide_secrets(raw, self.types),
            "changes": changes,
        }

    async def newest(self, owner_id: str, flow_id: str) -> tuple[str, int | None]:
        """Return the flow's key and newest version, or the draft's key; raise LookupError."""
        flow = await self._flow(owner_id, flow_id)
        return flow.key, flow.version

    async def _opened(self, flow_key: str, version: int) -> dict[str, Any]:
        return opened(await self.document(flow_key, version), self.storage.seal)

    async def _flow(self, owner_id: str, flow_id: str) -> _Flow:
        query = sa.select(flows).where(flows.c.owner_id == owner_id, flows.c.id == flow_id)
        for row in await self.storage.rows(query):
            return _Flow(row.key, row.version, row.running_version)
        # Where there is only a draft, it may have been run.
        draft = sa.select(flow_drafts.c.key).where(
            flow_drafts.c.owner_id == owner_id, flow_drafts.c.id == flow_id
        )
        for row in await self.storage.rows(draft):
            return _Flow(row.key, None, None)
        raise LookupError(f"There is no flow {flow_id!r}.")


@dataclass(frozen=True)
class _Flow:
    key: str
    version: int | None
    running_version: int | None


def _summary(flow: _Flow, row: sa.Row[Any], name: str | None = None) -> dict[str, Any]:
    return {
        "version": row.version,
        "etag": version_tag(flow.key, row.version),
        "name": row.name if name is None else name,
        "isNewest": row.version == flow.version,
        "isRunning": row.version == flow.running_version,
        "isTest": row.version < 0,
        "createdAt": iso(row.created_at),
    }
