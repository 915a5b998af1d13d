"""What a step gives that is worked off one by one, and what has to wait for all of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from ..flows.models import ComponentType, FlowDocument
from ..storage.statements import Prepared, insert
from ..storage.tables import lists
from .states import ListState
from .work import Scope, SegmentWork, StepCall

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


def is_list(
    output: Mapping[str, Sequence[Any]],
    component: str,
    kind: ComponentType,
    listening: Mapping[tuple[str, str], Sequence[str]],
) -> bool:
    """Say whether what a step gave is worked off one by one."""
    last = kind.last_ports
    if not last and not any(len(values) > 1 for values in output.values()):
        return False
    counts = [
        len(values)
        for port, values in output.items()
        if port not in last and (component, port) in listening
    ]
    # A single value is a list where something waits for its end.
    waits = any(output.get(port) and (component, port) in listening for port in last)
    return max(counts, default=0) > (0 if waits else 1)


def new_list(
    work: SegmentWork,
    call: StepCall,
    output: Mapping[str, Sequence[Any]],
    document: FlowDocument,
    types: Mapping[str, ComponentType],
    at_once: int | None,
) -> NewList:
    """Return the list that a step gave; whoever asks this for it again gets the same."""
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
            "collectors": _collectors(call.component, last_ports, document, types),
        },
        "length": sum(span["count"] for span in spans),
        "size": sum(span["count"] * len(span["below"]) for span in spans),
        "begun": 0,
        "at_once": at_once,
    }
    return NewList(row, Known(work, call.scope, output))


def _collectors(
    component: str,
    last_ports: Sequence[str],
    document: FlowDocument,
    types: Mapping[str, ComponentType],
) -> list[str]:
    """Return the collecting components that values reach before they reach any other of them."""
    below: dict[str, list[tuple[str, str]]] = {}
    for (earlier, port), later in document.listening.items():
        below.setdefault(earlier, []).extend((port, each) for each in later)
    seen, found = set[str](), list[str]()
    queue = [each for port, each in below.get(component, []) if port not in last_ports]
    while queue:
        each = queue.pop(0)
        if each in seen:
            continue
        seen.add(each)
        if types[document.components[each].type].collects:
            found.append(each)
        else:
            queue += [later for _, later in below.get(each, [])]
    return found


def add_lists(connection: sa.Connection, new: Sequence[NewList]) -> dict[str, Known]:
    """Store lists that are not there yet; return what is in memory of them."""
    for each in new:
        _ADD.execute(connection, [{**each.row, "content": json.dumps(each.row["content"])}])
    return {each.row["id"]: each.known for each in new}
