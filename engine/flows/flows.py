"""Flows: their documents by version, and starting and stopping their triggers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa

from ..accounts.accounts import Accounts
from ..contract import (
    Component,
    ComponentContext,
    ConnectorError,
    Form,
    Log,
    Plugin,
    Trigger,
)
from ..contract.connector import FOREIGN_FAULTS
from ..limits import Limits
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY, mapping
from ..storage.patience import in_turn
from ..storage.storage import Storage
from ..storage.tables import flows
from ..times import iso
from .asked import asked_for, check_limits, present_hooks
from .asked_forms import AskedForms, shown_of
from .component_types import ComponentTypes
from .document_checks import Checked, DocumentChecks
from .drafts import Drafts
from .listening import (
    RUNNING,
    STOPPED,
    TO_BE_ASKED,
    TakeOver,
    forget_relied_on,
    set_state,
    stop_listening,
    store_relied_on,
)
from .models import FlowComponent, FlowDocument
from .places import Place, TriggerContexts, WarningContext
from .relying import Relying
from .sealed_inputs import hide_secrets, opened, seal_secrets
from .start_checks import StartChecks
from .tags import WHATEVER, Expected, version_tag
from .triggers import Triggers
from .version_history import Versions
from .versions import Documents, check_version, remove_flow, store_version

# A process of an older version starts flows without asking what they rely on: so often it is asked.
LOOK_S = 600.0


@dataclass
class Flows:
    """The flows of all owners; every call names the owner, and finds nobody else's."""

    storage: Storage
    accounts: Accounts
    types: ComponentTypes
    component: Callable[[str], Component]
    plugins: Mapping[str, Plugin]
    contexts: TriggerContexts
    component_contexts: Callable[[Place], ComponentContext]
    limits: Limits
    base_url: str
    # Called when what is asked for has changed, with the times at which something is due.
    on_changed: Callable[[Sequence[float]], None]
    # Tells who watches: the owner, of what kind it is, and what there is to tell.
    tell: Callable[[str, str, Mapping[str, Any]], None]
    log: Log
    describe: Describe
    triggers: Triggers = field(init=False)
    forms: AskedForms = field(init=False)
    checks: DocumentChecks = field(init=False)
    start_checks: StartChecks = field(init=False)
    relying: Relying = field(init=False)
    drafts: Drafts = field(init=False)
    versions: Versions = field(init=False)
    _documents: Documents = field(init=False)
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary[str, asyncio.Lock]
    )

    def __post_init__(self) -> None:
        self._documents = Documents(self.storage.rows, self.types.load)
        self.forms = AskedForms(
            storage=self.storage,
            accounts=self.accounts,
            types=self.types,
            component=self.component,
            contexts=self.component_contexts,
            describe=self.describe,
        )
        self.checks = DocumentChecks(self.types, self.forms)
        self.start_checks = StartChecks(self.storage, self.accounts, self.types, self.forms)
        self.drafts = Drafts(
            self.storage, self.checks, self.types, self.limits, self.document, self.tell
        )
        self.versions = Versions(self.storage, self.checks, self.types, self.document)
        self.triggers = Triggers(
            storage=self.storage,
            accounts=self.accounts,
            types=self.types,
            component=self.component,
            plugins=self.plugins,
            contexts=self.contexts,
            log=self.log,
            describe=self.describe,
            document=self.document,
        )
        self.relying = Relying(
            storage=self.storage,
            types=self.types,
            component=self.component,
            plugins=self.plugins,
            contexts=self.component_contexts,
            place=self.place,
            log=self.log,
            describe=self.describe,
        )

    async def put(
        self, owner_id: str, flow_id: str, raw: object, expected: Expected = WHATEVER
    ) -> dict[str, Any]:
        """Store a new version; raise FlowFaults. A running flow goes on with its old version."""
        row = await self._row(owner_id, flow_id)
        kept = [*await self.drafts.kept(owner_id, flow_id)]
        if row is not None:
            kept.append(opened(await self.document(row.key, row.version), self.storage.seal))
        checked = await self.checks.check(owner_id, raw, kept)
        return await self._store(owner_id, flow_id, checked, expected)

    async def restore(
        self, owner_id: str, flow_id: str, version: int, expected: Expected = WHATEVER
    ) -> dict[str, Any]:
        """Store a version once more, as the newest one; raise LookupError, FlowFaults."""
        row = await self._present(owner_id, flow_id)
        raw = opened(await self.document(row.key, version), self.storage.seal)
        checked = await self.checks.check(owner_id, raw)
        return await self._store(owner_id, flow_id, checked, expected)

    async def _store(
        self, owner_id: str, flow_id: str, checked: Checked, expected: Expected
    ) -> dict[str, Any]:
        document = checked.without_faults()
        stored = document.model_dump(mode="json", exclude_unset=True)
        for key, form in checked.forms.items():
            if form != Form():  # by which a run has nothing to look for
                stored["components"][key].setdefault("form", form.fingerprint)
        uses = self.forms.uses(document, checked.forms)
        stored = seal_secrets(stored, self.types, self.storage.seal)
        limits, now = self.limits, self.storage.clock.now
        await self.storage.writer.commit(
            lambda c: store_version(
                c,
                owner_id,
                flow_id,
                stored,
                uses,
                limits=limits,
                expected=expected,
                now=now,
            )
        )
        warnings = [{"path": each.path, "text": each.text} for each in checked.warnings]
        return {**await self._changed(owner_id, flow_id), "warnings": warnings}

    async def get(self, owner_id: str, flow_id: str) -> dict[str, Any]:
        """Return the flow with its newest document; raise LookupError."""
        row = await self._present(owner_id, flow_id)
        document = await self.document(row.key, row.version)
        shown = hide_secrets(document.model_dump(mode="json", exclude_unset=True), self.types)
        [summary] = await self._summaries([row])
        asked = await asked_for(self.storage, row.key, self.base_url)
        return {**summary, "document": shown, **asked}

    async def _changed(self, owner_id: str, flow_id: str) -> dict[str, Any]:
        """Return the flow as it is now, and tell who watches."""
        flow = await self.get(owner_id, flow_id)
        self.tell(owner_id, "flow", _notice(flow))
        return flow

    async def list(self, owner_id: str) -> Sequence[dict[str, Any]]:
        query = sa.select(flows).where(flows.c.owner_id == owner_id).order_by(flows.c.name)
        return await self._summaries(await self.storage.rows(query))

    async def delete(self, owner_id: str, flow_id: str, expected: Expected = WHATEVER) -> None:
        """Stop the flow and remove it, with its draft; its runs stay until they are old.

        Raise LookupError.
        """
        row = await self._present(owner_id, flow_id)
        # A start that is under way comes to its end first, and is then stopped.
        async with self._turn(row.key):
            row = await self._present(owner_id, flow_id)
            check_version(row, expected)
            if row.state == RUNNING:
                await self._stop(owner_id, row)
            await self.storage.writer.commit(lambda c: remove_flow(c, row.key, expected))
        self.tell(owner_id, "flow", {"flowId": flow_id, "state": "deleted"})

    async def start(
        self, owner_id: str, flow_id: str, expected: Expected = WHATEVER
    ) -> dict[str, Any]:
        """Start every trigger of the newest version, or none: raise the first one's reason.

        On a running flow the newest version takes the place of the running one in one commit, and
        what both listen to is never left; if it cannot be started, the other one goes on.
        """
        row = await self._present(owner_id, flow_id)
        async with self._turn(row.key):
            row = await self._present(owner_id, flow_id)
            check_version(row, expected)
            document = await self.document(row.key, row.version)
            changed = await self.start_checks.check(owner_id, row.key, row.version, document)
            taking_over = TakeOver(
                row.key,
                row.version,
                await self.triggers.listening(row.key),
                await present_hooks(self.storage, row.key),
                await self.relying.present(row.key),
                self.storage.seal,
            )
            started: list[str] = []
            warnings: list[str] = []
            try:
                for key in self.triggers.of(document):
                    started.append(key)
                    trigger, context = await self.triggers.trigger(
                        owner_id, row.key, row.version, key, taking_over
                    )
                    await trigger.start(context)
                    warnings += context.warnings
                await check_limits(self.storage, self.limits, owner_id, taking_over)
                taking_over.relied_on, unheard = await self.relying.listen(
                    owner_id, row.key, row.version, document
                )
            except Exception as error:
                await self.triggers.undo(owner_id, taking_over, started, row.running_version)
                if row.running_version is None:
                    reason = str(error) if isinstance(error, ConnectorError) else "It failed."
                    await self._set_state(row.key, STOPPED, None, reason)
                    await self._changed(owner_id, flow_id)
                raise
            now = self.storage.clock.now
            self.on_changed(await self.storage.writer.commit(lambda c: taking_over.store(c, now)))
            await self.triggers.leave(owner_id, taking_over, row.running_version, document)
        warnings += [*map(str, changed), *unheard]
        return {**await self._changed(owner_id, flow_id), "warnings": [*dict.fromkeys(warnings)]}

    async def stop(
        self, owner_id: str, flow_id: str, expected: Expected = WHATEVER
    ) -> dict[str, Any]:
        """Stop every trigger; a stopped flow stays stopped. Runs under way go on."""
        row = await self._present(owner_id, flow_id)
        async with self._turn(row.key):
            row = await self._present(owner_id, flow_id)
            check_version(row, expected)
            warnings = await self._stop(owner_id, row)
        return {**await self._changed(owner_id, flow_id), "warnings": [*dict.fromkeys(warnings)]}

    async def _stop(self, owner_id: str, row: sa.Row[Any]) -> Sequence[str]:
        version = row.running_version or row.version
        warnings: list[str] = []
        # First: what a trigger says of its stop has to be true when the flow has stopped.
        relied_on = await self.relying.present(row.key)
        if relied_on:
            await self.storage.writer.commit(lambda c: forget_relied_on(c, row.key))
        for listener in relied_on.values():
            await self.triggers.rely_no_more(owner_id, mapping(listener))
        for key in self.triggers.of(await self.document(row.key, version)):
            warnings += await self.triggers.stop(owner_id, row.key, version, key)
        await self.storage.writer.commit(
            lambda c: stop_listening(c, row.key, self.storage.clock.now)
        )
        return warnings

    async def keep_relying(self) -> None:
        """Ask what flows rely on that run without having been asked; never ends.

        An older version has started them, or a stop was cut off.
        """
        while True:
            try:
                await self._rely_all()
            except DATABASE_AWAY as error:
                self.log.warning("relied_on.not_asked", error=type(error).__name__)
            await self.storage.clock.sleep(LOOK_S)

    async def _rely_all(self) -> None:
        for row in await self.storage.rows(TO_BE_ASKED):
            try:
                await self._rely(row)
            except DATABASE_AWAY:
                raise
            except FOREIGN_FAULTS as error:  # one flow's must not keep the others from it
                self.describe(error, flow=row.id)

    async def _rely(self, row: sa.Row[Any]) -> None:
        async with self._turn(row.key):
            now = await self._row(row.owner_id, row.id)
            if now is None or now.running_version in (None, now.relying_version):
                return
            key, version = now.key, now.running_version
            document = await self.document(key, version)
            rows, unheard = await self.relying.listen(row.owner_id, key, version, document)
            is_kept = await self.storage.writer.commit(
                lambda c: store_relied_on(c, key, version, rows)
            )
            for listener in () if is_kept else rows.values():
                await self.triggers.rely_no_more(row.owner_id, listener)
        for reason in unheard:
            self.log.warning("relied_on.not_heard", flow=row.id, reason=reason)

    async def document(self, flow_key: str, version: int) -> FlowDocument:
        """Return one version, whose secrets are sealed still; raise LookupError."""
        return await self._documents.read(flow_key, version)

    async def place(
        self, owner_id: str, flow_key: str, key: str, component: FlowComponent
    ) -> Place:
        """Return where a component stands; the account is None when none is chosen."""
        return await self.triggers.place(owner_id, flow_key, key, component)

    async def trigger(
        self, owner_id: str, flow_key: str, version: int, key: str
    ) -> tuple[Trigger, WarningContext]:
        """Return a trigger of a flow with its context; raise ConnectorError."""
        return await self.triggers.trigger(owner_id, flow_key, version, key)

    async def _summaries(self, rows: Sequence[sa.Row[Any]]) -> Sequence[dict[str, Any]]:
        marks = await self.forms.marks([row.key for row in rows])
        return [
            {
                **_summary(row),
                "marks": shown_of(row, marks),
            }
            for row in rows
        ]

    async def _set_state(self, flow_key: str, state: str, version: int | None, reason: str) -> None:
        now = self.storage.clock.now
        await self.storage.writer.commit(
            lambda c: set_state(c, flow_key, state, version, reason, now)
        )

    def _turn(self, flow_key: str) -> AbstractAsyncContextManager[None]:
        lock = self._locks.get(flow_key)
        if lock is None:
            lock = self._locks[flow_key] = asyncio.Lock()
        return in_turn(lock, lambda: self.storage.writer.is_hanging)

    async def _row(self, owner_id: str, flow_id: str) -> sa.Row[Any] | None:
        query = sa.select(flows).where(flows.c.owner_id == owner_id, flows.c.id == flow_id)
        return next(iter(await self.storage.rows(query)), None)

    async def _present(self, owner_id: str, flow_id: str) -> sa.Row[Any]:
        row = await self._row(owner_id, flow_id)
        if row is None:
            raise LookupError(f"There is no flow {flow_id!r}.")
        return row


NOTICED = ("name", "etag", "version", "state", "runningVersion", "reason")


def _notice(flow: Mapping[str, Any]) -> dict[str, Any]:
    """Return what who watches is told of a flow that has changed."""
    return {"flowId": flow["id"], **{name: flow[name] for name in NOTICED}}


def _summary(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "etag": version_tag(row.key, row.version),
        "name": row.name,
        "version": row.version,
        "state": row.state,
        "runningVersion": row.running_version,
        "reason": row.reason,
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
    }
