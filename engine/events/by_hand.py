"""Runs that a person begins, with values of their own in the place of what a trigger gives."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..contract import Component, RejectedError
from ..flows.flows import Flows
from ..flows.forms import forms_of
from ..flows.input_checks import InputChecks
from ..flows.inputs import read_input
from ..flows.models import ComponentType, Fault, FlowDocument, InputFaults
from ..storage.storage import Storage
from ..storage.tables import flows, runs, steps
from .repeats import Repeat, Repeats, check_key
from .unprompted import Unprompted, starts_of


@dataclass(frozen=True)
class Place:
    """The trigger in whose place a person stands."""

    owner_id: str
    account_id: str
    connector: str
    flow_key: str
    flow_id: str
    version: int
    component: str


@dataclass(frozen=True)
class RunsByHand:
    """Begins runs of any version of a flow, whether it runs or not; each call names the owner."""

    storage: Storage
    flows: Flows
    types: Mapping[str, ComponentType]
    component: Callable[[str], Component]
    input_checks: InputChecks
    unprompted: Unprompted
    repeats: Repeats

    async def begin(
        self,
        owner_id: str,
        flow_id: str,
        *,
        trigger: str | None = None,
        values: Mapping[str, Any] | None = None,
        version: int | None = None,
        draft: bool = False,
        key: str | None = None,
        like: str | None = None,
    ) -> dict[str, Any]:
        """Begin a run of a version, of the one that runs, or else of the newest; return its id.

        Or of the draft as it is, marked as a test: then the flow need not be there yet.
        `values` are what the trigger would have given, or those of an earlier run (`like`). With
        the same `key` the same call begins one run, however often it is made. Raises LookupError,
        RejectedError and InputFaults.
        """
        if draft and version is not None:
            raise RejectedError(
                "A draft has no versions",
                "The request names a version and asks for the draft.",
                "Leave one of the two out.",
                "draft",
            )
        if draft:
            flow_key, version = await self.flows.drafts.executable(owner_id, flow_id)
        else:
            flow_key, version = await self._version(owner_id, flow_id, version)
        if like is not None:
            trigger, values = await self._as_before(flow_key, like, trigger, values)
        document = await self.flows.document(flow_key, version)
        name = self._trigger(document, trigger)
        kind = self.types[document.components[name].type]
        given = await self._checked(_as_formed(document, name, self.types), values or {})
        begun = {"flowId": flow_id, "version": version, "trigger": name}
        repeat: Repeat | None = None
        if key is not None:
            check_key(key)
            said = json.dumps([name, version, values], sort_keys=True)
            digest = hashlib.sha256(said.encode()).hexdigest()
            repeat = Repeat(f"flow:{flow_key}", key, digest)
        place = Place(owner_id, "", kind.connector, flow_key, flow_id, version, name)
        after_seq, port = await self.unprompted.after_seq(), str(kind.schema["x-main-port"])
        what = uuid.uuid4().hex
        starts = starts_of(place, what, kind.name, port, after_seq, outputs=[given], like=like)

        def also(connection: sa.Connection) -> bool:
            return repeat is None or self.repeats.add(connection, repeat, starts[0].run_id)

        run_id = starts[0].run_id
        if not await self.unprompted.store(starts, also) and repeat is not None:
            run_id = await self.repeats.find(repeat) or run_id  # it came before
        return {**begun, "runId": run_id}

    async def _version(self, owner_id: str, flow_id: str, version: int | None) -> tuple[str, int]:
        """Return the flow's key and the version that is meant."""
        mine = (flows.c.owner_id == owner_id) & (flows.c.id == flow_id)
        row = next(iter(await self.storage.rows(sa.select(flows).where(mine))), None)
        if row is None:
            raise LookupError(f"There is no flow {flow_id!r}.")
        return row.key, version or row.running_version or row.version

    async def _as_before(
        self,
        flow_key: str,
        run_id: str,
        trigger: str | None,
        values: Mapping[str, Any] | None,
    ) -> tuple[str, Mapping[str, Any]]:
        """Return the trigger of an earlier run of the flow, and what it gave then."""
        if values:
            raise RejectedError(
                "A run has values of its own",
                "The request names an earlier run and gives values.",
                "Leave one of the two out.",
                "like",
            )
        query = sa.select(steps.c.component, steps.c.output).join(runs, runs.c.id == steps.c.id)
        mine = (runs.c.id == run_id) & (runs.c.flow_key == flow_key)
        row = next(iter(await self.storage.rows(query.where(mine))), None)
        if row is None:
            raise LookupError(f"The flow has no run {run_id!r}.")
        output: dict[str, list[Any]] = row.output or {}
        given = [each for values in output.values() for each in values]
        if not given or (trigger is not None and trigger != row.component):
            raise RejectedError(
                "The run cannot be begun like that one",
                f"That one began at {row.component}"
                + (", which gave nothing." if not given else f", not at {trigger}."),
                "Name another run, or give the values.",
                "like",
            )
        return row.component, given[0]

    def _trigger(self, document: FlowDocument, name: str | None) -> str:
        found = [
            key
            for key, each in document.components.items()
            if each.type in self.types and self.types[each.type].kind == "trigger"
        ]
        if name is None and len(found) == 1:
            return found[0]
        if name in found:
            return str(name)
        has = f"This version has {', '.join(found)}." if found else "This version has none."
        title = "It has to be said which trigger" if name is None else "There is no such trigger"
        raise RejectedError(title, has, "Name the one whose place the values take.", "trigger")

    async def _checked(self, kind: ComponentType, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values with what was left out; raise InputFaults."""
        schema = _output_schema(kind)
        values = {**_defaults(schema), **values}
        faults = await self.input_checks.faults(values, schema)
        if faults:
            raise InputFaults([Fault(f"values{each.path}", each.text) for each in faults])
        try:
            output = read_input(self.component(kind.name).Output, values)
        except RejectedError as error:
            path = f"values.{error.field}" if error.field else "values"
            raise InputFaults([Fault(path, error.cause)]) from None
        return output.model_dump(mode="json")


def _as_formed(
    document: FlowDocument, name: str, types: Mapping[str, ComponentType]
) -> ComponentType:
    """Return what the trigger is by its input, as far as its input alone tells."""
    alone = document.model_copy(update={"components": {name: document.components[name]}})
    return forms_of(alone, types, {}).formed.get(name, types[document.components[name].type])


def _output_schema(kind: ComponentType) -> Mapping[str, Any]:
    """Return the schema of what a trigger gives, with its own words at the top."""
    definitions: Mapping[str, Any] = kind.schema["$defs"]
    port: Mapping[str, Any] = kind.ports[kind.schema["x-main-port"]]
    if "$ref" in port:
        port = definitions[port["$ref"].rpartition("/")[2]]
    return {**port, "$defs": definitions}


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands in the place of what is left out."""
    fields: Mapping[str, Any] = schema.get("properties", {})
    return {name: each["default"] for name, each in fields.items() if "default" in each}
