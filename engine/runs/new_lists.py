"""What a step gives that is worked off one by one, and what has to wait for all of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from ..flows.expressions import Budget, ExpressionError, fill_input
from ..flows.models import ComponentType, FlowComponent, FlowDocument
from ..storage.database import ReadRows
from ..storage.statements import Prepared, insert
from ..storage.tables import lists
from .states import ListState, SegmentState
from .work import Scope, SegmentWork, StepCall, contents

# Lists within lists below which nothing is sought.
MAX_INSIDE = 16
_ADD = Prepared(lambda c: insert(lists, c).on_conflict_do_nothing())


@dataclass(frozen=True, slots=True)
class Known:
    """What is in memory of a list: the work that it goes on from, what its step saw, its values."""

    work: SegmentWork
    scope: Scope
    output: Mapping[str, Sequence[Any]] | None = None


@dataclass(frozen=True, slots=True)
class NewList:
    """A list that is not stored yet."""

    row: Mapping[str, Any]
    known: Known
    # What collects it no longer than for a time, as segments that wait for that.
    waits: Sequence[dict[str, Any]] = ()


def is_list(
    output: Mapping[str, Sequence[Any]],
    component: str,
    kind: ComponentType,
    listening: Mapping[tuple[str, str], Sequence[str]],
) -> bool:
    """Say whether what a step gave is worked off one by one."""
    if kind.gives_lists and output:
        # No value, or a single one, is a list too: something may wait for its end.
        ports = kind.ports.keys() - {*kind.last_ports}
        return any((component, port) in listening for port in ports)
    return any(
        len(values) > 1 and (component, port) in listening for port, values in output.items()
    )


def new_list(
    work: SegmentWork,
    call: StepCall,
    output: Mapping[str, Sequence[Any]],
    document: FlowDocument,
    types: Mapping[str, ComponentType],
    at_once: int | None,
    budget: Budget,
    now: float,
) -> NewList:
    """Return the list that a step gave; whoever asks this for it again gets the same.

    `budget` is what expressions may cost that say how long something waits for it.
    """
    last_ports = types[document.components[call.component].type].last_ports
    number, spans, last = 0, list[dict[str, Any]](), list[list[Any]]()
    for port, values in output.items():
        below = document.listening.get((call.component, port), [])
        if port in last_ports:
            for index in range(len(values)):
                last += [
                    [number + index * len(below) + place, component, port, index]
                    for place, component in enumerate(below)
                ]
        elif below and values:
            spans.append({"port": port, "count": len(values), "number": number, "below": below})
        number += len(values) * len(below)
    collectors, inside = _collectors(call.component, document, types)
    first = StepCall(call.step_id, call.component, call.scope, after_seq=work.event_seq)
    row = {
        "id": call.step_id,
        "run_id": work.run_id,
        "parent": work.list_id or None,
        "position": call.step_id.count("."),
        "state": ListState.OPEN.value,
        "component": call.component,
        "content": {
            "work": replace(work, first=first).to_json(),
            "ownerId": work.owner_id,
            "connector": work.connector,
            "orderKey": work.order_key,
            "rank": work.rank,
            "spans": spans,
            "last": last,
            "collectors": collectors,
            "inside": inside,
        },
        "length": sum(span["count"] for span in spans),
        "size": sum(span["count"] * len(span["below"]) for span in spans),
        "begun": 0,
        "at_once": at_once,
    }
    limits = {
        each: _seconds(document.components[each], types, call.scope, budget, now)
        for each in collectors
    }
    waits = [
        _wait_of(work, call, each, now + seconds)
        for each, seconds in limits.items()
        if seconds is not None
    ]
    return NewList(row, Known(work, call.scope, output), waits)


def _wait_of(work: SegmentWork, call: StepCall, component: str, until: float) -> dict[str, Any]:
    """Return the row of what collects the list of a step, until its time is over."""
    first = StepCall(
        f"{call.step_id}.{component}",
        component,
        call.scope,
        after_seq=work.event_seq,
        reason="It collects the values of a list.",
        collects=call.step_id,
    )
    return {
        "id": first.step_id,
        "run_id": work.run_id,
        "owner_id": work.owner_id,
        "connector": work.connector,
        "order_key": work.order_key,
        "state": SegmentState.WAITING.value,
        "work": replace(work, first=first).to_json(),
        "key": None,
        "after_seq": work.event_seq,
        "account_id": None,
        "expires_at": until,
        "rank": work.rank,
        "event": None,
        "event_seq": None,
        "list_id": work.list_id or None,
    }


def _seconds(
    component: FlowComponent,
    types: Mapping[str, ComponentType],
    scope: Scope,
    budget: Budget,
    now: float,
) -> float | None:
    """Return how long it collects at most; None when its input does not say, or cannot be read.

    What is wrong with the input is told when it has collected.
    """
    field = types[component.type].collects_within
    if field not in component.input:
        return None
    try:
        given = {field: component.input[field]}
        found = fill_input(given, contents(scope), budget, now=now)[field]
    except ExpressionError:
        return None
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number and math.isfinite(found) else None


def _collectors(
    component: str, document: FlowDocument, types: Mapping[str, ComponentType]
) -> tuple[list[str], list[str]]:
    """Return what collects the values of a list, and what certainly gives lists inside it.

    Those are the collecting components that its values reach before they reach any other, but for
    those that collect the lists inside.
    """
    below: dict[str, list[tuple[str, str]]] = {}
    for (earlier, port), later in document.listening.items():
        below.setdefault(earlier, []).extend((port, each) for each in later)

    def beyond(name: str, depth: int) -> list[tuple[str, int]]:
        """Return the steps behind one, and in how many lists inside this one each is."""
        kind = types[document.components[name].type]
        inner = depth + 1 if kind.gives_lists else depth
        return [
            (each, depth if port in kind.last_ports else inner)
            for port, each in below.get(name, [])
        ]

    seen, found, inside = set[tuple[str, int]](), list[str](), list[str]()
    last_ports = types[document.components[component].type].last_ports
    queue = [(each, 0) for port, each in below.get(component, []) if port not in last_ports]
    while queue:
        name, depth = queue.pop(0)
        if (name, depth) in seen or depth > MAX_INSIDE:
            continue
        seen.add((name, depth))
        kind = types[document.components[name].type]
        if kind.gives_lists:
            inside.append(name)
        if not kind.collects:
            queue += beyond(name, depth)
        elif depth:
            queue += beyond(name, depth - 1)
        else:
            found.append(name)
    return found, inside


def add_lists(connection: sa.Connection, new: Sequence[NewList]) -> dict[str, Known]:
    """Store lists that are not there yet; return what is in memory of them."""
    for each in new:
        _ADD.execute(connection, [{**each.row, "content": json.dumps(each.row["content"])}])
    return {each.row["id"]: each.known for each in new}


async def has_list(read: ReadRows, step_id: str) -> bool:
    """Say whether a list is stored that a step gave."""
    return bool(await read(sa.select(lists.c.id).where(lists.c.id == step_id)))


def siblings(work: SegmentWork) -> Mapping[str, Known]:
    """Return what the other values of a value's list see, as far as it is in memory."""
    first = work.first
    if isinstance(first, StepCall) and first.step_id.rpartition(".")[0] == work.list_id:
        return {work.list_id: Known(work, dict([*first.scope.items()][:-1]))}
    return {}
