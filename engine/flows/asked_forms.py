"""Forms that services decide on: asked for, kept for a while, and marked when they change there."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..accounts.accounts import Accounts
from ..contract import Component, ComponentContext, ConnectorError, Form, ThrottledError
from ..contract.connector import FOREIGN_FAULTS
from ..contract.forms import deciding_inputs
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY
from ..storage.statements import MAX_KEYS, insert
from ..storage.storage import Storage
from ..storage.tables import flows, form_uses, forms
from ..values import is_object
from .component_types import ComponentTypes
from .forms import OpenFormError, deciding, fault_of, unforeseen, usable
from .input_checks import InputChecks
from .models import ComponentType, Fault, FlowComponent, FlowDocument
from .places import Place

# A form that takes longer would keep a person waiting; so many are asked for side by side.
PATIENCE_S = 20.0
AT_ONCE = 5
# Of each owner; those that were asked for longest ago are forgotten first.
MAX_KEPT = 500
# Of all owners, in memory; beside them the validators of all components have room.
MAX_FORMED = 200


@dataclass(frozen=True)
class AskedForms:
    """The forms of all owners; every call names the owner, and uses nobody else's account."""

    storage: Storage
    accounts: Accounts
    types: ComponentTypes
    component: Callable[[str], Component]
    contexts: Callable[[Place], ComponentContext]
    describe: Describe
    input_checks: InputChecks = field(default_factory=InputChecks)
    _known: dict[tuple[str, str], ComponentType] = field(
        default_factory=dict[tuple[str, str], ComponentType]
    )

    async def ask(self, place: Place, step: FlowComponent) -> Form:
        """Return the form of a step as it is now, and keep it; raise ConnectorError."""
        await self.types.load([step.type])
        kind = self.types[step.type]
        values = deciding(step.input, kind)
        if kind.form is not None:
            return usable(await asyncio.to_thread(kind.form, values), kind)
        component = self.component(step.type)
        try:
            async with asyncio.timeout(PATIENCE_S):
                form = usable(await component.form(self.contexts(place), values), kind)
        except TimeoutError:
            raise ThrottledError(
                "The service does not answer",
                f"What the form is made from had not come after {PATIENCE_S:g} seconds.",
                "Try again.",
                next(iter(values), ""),
            ) from None
        except (ConnectorError, *DATABASE_AWAY):
            raise
        except FOREIGN_FAULTS as error:
            self.describe(error, component=step.type)
            raise unforeseen(type(component), error) from error
        await self._keep(place, kind, values, form)
        return form

    async def ask_all(
        self, owner_id: str, flow_key: str, document: FlowDocument
    ) -> tuple[Mapping[str, Form], Sequence[Fault]]:
        """Return the forms of a flow's steps that services decide on, and why some have none."""
        found: dict[str, Form] = {}
        faults: list[Fault] = []
        turns = asyncio.Semaphore(AT_ONCE)

        async def ask(key: str, step: FlowComponent) -> None:
            async with turns:
                try:
                    place = await self._place(owner_id, flow_key, key, step)
                    found[key] = await self.ask(place, step)
                except OpenFormError:
                    return
                except ConnectorError as error:
                    faults.append(fault_of(key, step, error))

        asking = [(k, s) for k, s in document.components.items() if self._is_asked(s)]
        await asyncio.gather(*(ask(key, step) for key, step in asking))
        return {key: found[key] for key, _ in asking if key in found}, faults

    async def kept(self, owner_id: str, raw: object) -> dict[str, Form]:
        """Return the kept forms of a document's steps, by step; the document may be anything."""
        accounts: dict[tuple[str, str], str] = {}
        wanted: dict[str, list[str]] = {}
        await self.types.load(_types_in(raw))
        for key, step in self._asking(raw):
            place = (self.types[step.type].connector, step.account or "")
            if place not in accounts:
                accounts[place] = await self._account_id(owner_id, *place)
            try:
                values = deciding(step.input, self.types[step.type])
            except ConnectorError:
                continue
            wanted.setdefault(_key(step.type, accounts[place], values), []).append(key)
        found: dict[str, Form] = {}
        keys = [*wanted]
        for start in range(0, len(keys), MAX_KEYS):
            query = sa.select(forms.c.key, forms.c.content).where(
                forms.c.owner_id == owner_id, forms.c.key.in_(keys[start : start + MAX_KEYS])
            )
            for row in await self.storage.rows(query):
                form = Form.from_json(row.content)
                found |= dict.fromkeys(wanted[row.key], form)
        return found

    async def run_faults(
        self, owner_id: str, key: str, step: FlowComponent, values: Mapping[str, Any]
    ) -> Sequence[Fault]:
        """Return what of an input, as a run has filled it in, does not fit the form that it makes.

        A form that a service decides on counts as long as the step was made from the one that is
        kept: of another one, a start tells.
        """
        kind = self.types[step.type]
        try:
            if kind.form is not None:
                names = (kind.form_of or {"inputs": ()})["inputs"]
                given = {name: values[name] for name in names if values.get(name) not in (None, "")}
                form = usable(await asyncio.to_thread(kind.form, given), kind)
            else:
                shown = {"type": step.type, "account": step.account, "input": values}
                found = await self.kept(owner_id, {"components": {key: shown}}) if step.form else {}
                if key not in found or found[key].fingerprint != step.form:
                    return []
                form = found[key]
        except ConnectorError as error:
            place = fault_of(key, step, error)
            return [Fault(place.path.removeprefix(f"components.{key}.input"), place.text)]
        return await self.input_checks.faults(values, self._formed(kind, form).schema)

    def _formed(self, kind: ComponentType, form: Form) -> ComponentType:
        """Return the component with this form, which is made once: its validator is kept by it."""
        which = (kind.name, json.dumps(form.to_json(), sort_keys=True))
        if which not in self._known:
            if len(self._known) >= MAX_FORMED:
                self._known.clear()
            self._known[which] = kind.with_form(form)
        return self._known[which]

    async def changed(
        self, connector: str, about: str, text: str
    ) -> list[tuple[str, dict[str, Any]]]:
        """Forget the kept forms that are made from this, and mark the flows that use it.

        Return those flows, each with its owner, and the marks that they have now.
        """
        kept = (forms.c.connector == connector) & (forms.c.about == about)
        uses = (form_uses.c.connector == connector) & (form_uses.c.about == about)

        def mark(connection: sa.Connection) -> Sequence[sa.Row[*tuple[Any, ...]]]:
            connection.execute(sa.delete(forms).where(kept))
            connection.execute(sa.update(form_uses).where(uses).values(mark=text))
            columns = (flows.c.key, flows.c.owner_id, flows.c.id)
            shown = form_uses.c.version.in_([flows.c.version, flows.c.running_version])
            of_flow = sa.and_(form_uses.c.flow_key == flows.c.key, shown)
            users = sa.select(*columns, flows.c.version, flows.c.running_version).distinct()
            return connection.execute(users.join(form_uses, of_flow).where(uses)).all()

        users = await self.storage.writer.commit(mark)
        found: list[tuple[str, dict[str, Any]]] = []
        for start in range(0, len(users), MAX_KEYS):
            some = users[start : start + MAX_KEYS]
            marks = await self.marks([row.key for row in some])
            found += [
                (row.owner_id, {"flowId": row.id, "marks": shown_of(row, marks)}) for row in some
            ]
        return found

    async def marks(self, flow_keys: Sequence[str]) -> dict[tuple[str, int], list[dict[str, str]]]:
        """Return what has changed of what flows' forms are made from, by flow and version."""
        query = sa.select(form_uses).where(
            form_uses.c.flow_key.in_(flow_keys), form_uses.c.mark != ""
        )
        found: dict[tuple[str, int], list[dict[str, str]]] = {}
        for row in await self.storage.rows(query.order_by(form_uses.c.component)):
            mark = {"path": f"components.{row.component}", "text": row.mark}
            found.setdefault((row.flow_key, row.version), []).append(mark)
        return found

    def uses(self, document: FlowDocument, found: Mapping[str, Form]) -> list[dict[str, Any]]:
        """Return what the forms of a version are made from, as rows without the version."""
        return [
            {
                "component": key,
                "connector": self.types[document.components[key].type].connector,
                "about": form.about,
                "mark": "",
            }
            for key, form in found.items()
            if form.about
        ]

    def _is_asked(self, step: FlowComponent) -> bool:
        """Say whether a service decides on the step's form: where nothing does, it is empty."""
        if not self._asks_service(step.type):
            return False
        names = (self.types[step.type].form_of or {"inputs": ()})["inputs"]
        return bool(deciding_inputs(step.input, names))

    def _asks_service(self, name: str) -> bool:
        kind = self.types.get(name)
        return kind is not None and kind.form_of is not None and kind.form is None

    def _asking(self, raw: object) -> Iterator[tuple[str, FlowComponent]]:
        components = raw.get("components") if is_object(raw) else None
        for key, step in components.items() if is_object(components) else ():
            name = step.get("type") if is_object(step) else None
            if isinstance(name, str) and self._asks_service(name):
                account, values = step.get("account"), step.get("input")
                yield (
                    key,
                    FlowComponent(
                        type=name,
                        account=account if isinstance(account, str) else None,
                        input=dict(values) if is_object(values) else {},
                    ),
                )

    async def _place(self, owner_id: str, flow_key: str, key: str, step: FlowComponent) -> Place:
        connector = self.types[step.type].connector
        account = (
            await self.accounts.named(owner_id, connector, step.account) if step.account else None
        )
        return Place(owner_id, connector, flow_key, key, account)

    async def _account_id(self, owner_id: str, connector: str, name: str) -> str:
        if not name:
            return ""
        try:
            return (await self.accounts.named(owner_id, connector, name)).id
        except ConnectorError:
            return ""

    async def _keep(
        self, place: Place, kind: ComponentType, values: Mapping[str, Any], form: Form
    ) -> None:
        account_id = place.account.id if place.account else ""
        row = {
            "owner_id": place.owner_id,
            "key": _key(kind.name, account_id, values),
            "connector": place.connector,
            "about": form.about,
            "content": form.to_json(),
            "made_at": self.storage.clock.now,
        }
        await self.storage.writer.commit(lambda connection: _keep(connection, row))


def shown_of(
    row: sa.Row[Any], marks: Mapping[tuple[str, int], list[dict[str, str]]]
) -> list[dict[str, str]]:
    """Return the marks of a flow's newest version, and of the one that runs."""
    versions = dict.fromkeys([row.version, row.running_version])
    return [mark for version in versions for mark in marks.get((row.key, version), ())]


def store_uses(
    connection: sa.Connection, flow_key: str, version: int, uses: Sequence[Mapping[str, Any]]
) -> None:
    """Note what the forms of a version are made from, in the place of what was noted."""
    mine = (form_uses.c.flow_key == flow_key) & (form_uses.c.version == version)
    connection.execute(sa.delete(form_uses).where(mine))
    if uses:
        place = {"flow_key": flow_key, "version": version}
        connection.execute(sa.insert(form_uses), [{**place, **each} for each in uses])


def _key(name: str, account_id: str, values: Mapping[str, Any]) -> str:
    text = json.dumps([name, account_id, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    adding = insert(forms, connection)
    changed = {name: adding.excluded[name] for name in ("about", "content", "made_at")}
    connection.execute(
        adding.on_conflict_do_update(index_elements=["owner_id", "key"], set_=changed), [row]
    )
    mine = forms.c.owner_id == row["owner_id"]
    newest = sa.select(forms.c.key).where(mine).order_by(forms.c.made_at.desc()).limit(MAX_KEPT)
    connection.execute(sa.delete(forms).where(mine, forms.c.key.not_in(newest)))


def _types_in(raw: object) -> Iterator[object]:
    components = raw.get("components") if is_object(raw) else None
    for step in components.values() if is_object(components) else ():
        yield step.get("type") if is_object(step) else None
