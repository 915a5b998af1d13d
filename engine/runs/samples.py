"""What the steps of a flow gave not long ago: one value for each port, to fill in forms with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from ..storage.storage import Storage
from ..storage.tables import runs, steps
from ..times import iso
from ..values import is_list, is_object

# Where is looked: in so many of the newest runs, at so many of the last steps of each.
MAX_RUNS, MAX_STEPS = 20, 200
# So many runs tell of one step, which may leave at another port in each.
MAX_TIMES = 3
MAX_OUTPUT_CHARS = 500_000
# What is shown of one value, and of all together.
MAX_TEXT_CHARS, MAX_ENTRIES, MAX_VALUES, MAX_ALL_VALUES = 2_000, 20, 500, 20_000


@dataclass(frozen=True)
class Samples:
    """The samples of all owners' flows, whose keys are known to nobody else."""

    storage: Storage

    async def newest(
        self, flow_key: str, types: Mapping[str, str], *, tests: bool = True
    ) -> dict[str, dict[str, dict[str, Any]]]:
        """Return the newest real value by step and port, of steps that have the same type still.

        Without `tests` only runs of versions count.
        """
        find = partial(_newest, flow_key=flow_key, types=types, tests=tests)
        return await self.storage.readers.read(find)


def _newest(
    connection: sa.Connection, *, flow_key: str, types: Mapping[str, str], tests: bool
) -> dict[str, dict[str, dict[str, Any]]]:
    query = sa.select(runs.c.id, runs.c.version, runs.c.is_test).where(runs.c.flow_key == flow_key)
    if not tests:
        query = query.where(runs.c.is_test.is_(False))
    query = query.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(MAX_RUNS)
    seen: dict[str, int] = {}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    left = MAX_ALL_VALUES
    for run in connection.execute(query).all():
        for step in _outputs(connection, run.id, types, seen):
            ports = found.setdefault(step.component, {})
            output: dict[str, list[Any]] = step.output or {}
            for port, values in output.items():
                if port in ports or not values or left <= 0:
                    continue
                sample = shortened(values[0])
                left -= sample.size
                ports[port] = {
                    "value": sample.value,
                    "isCut": sample.is_cut,
                    "source": "run",
                    "runId": run.id,
                    "stepId": step.id,
                    "version": run.version,
                    "isTest": run.is_test,
                    "at": iso(step.started_at),
                }
    return {step: ports for step, ports in found.items() if ports}


def _outputs(
    connection: sa.Connection, run_id: str, types: Mapping[str, str], seen: dict[str, int]
) -> Iterator[sa.Row[Any]]:
    """Yield the last step of each name in a run that gave something, as far as it is wanted."""
    columns = (steps.c.id, steps.c.component, steps.c.type, steps.c.started_at)
    gave = sa.select(*columns).where(
        steps.c.output.is_not(None), sa.func.length(_text(steps.c.output)) <= MAX_OUTPUT_CHARS
    )
    last = gave.where(steps.c.run_id == run_id)
    last = last.order_by(steps.c.changed_at.desc(), steps.c.id.desc()).limit(MAX_STEPS)
    # The trigger's step is the first one of a run that may have many thousands.
    first = gave.where(steps.c.id == run_id)
    ids: dict[str, str] = {}
    for row in [*connection.execute(last), *connection.execute(first)]:
        if types.get(row.component) == row.type and seen.get(row.component, 0) < MAX_TIMES:
            ids.setdefault(row.component, row.id)
    for component in ids:
        seen[component] = seen.get(component, 0) + 1
    for part in _parts([*ids.values()]):
        wanted = (steps.c.id, steps.c.component, steps.c.started_at, steps.c.output)
        query: sa.Select[*tuple[Any, ...]] = sa.select(*wanted)
        yield from connection.execute(query.where(steps.c.id.in_(part)))


def _parts(ids: Sequence[str], size: int = 50) -> Iterator[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return sa.cast(column, sa.Text)


@dataclass
class Shortened:
    """A value, as much of it as a form shows."""

    value: Any = None
    is_cut: bool = False
    size: int = field(default=0)

    def short(self, value: Any) -> Any:
        self.size += 1
        if self.size > MAX_VALUES:
            self.is_cut = True
            return None
        if isinstance(value, str) and len(value) > MAX_TEXT_CHARS:
            self.is_cut = True
            return f"{value[:MAX_TEXT_CHARS]}…"
        if is_list(value):
            self.is_cut = self.is_cut or len(value) > MAX_ENTRIES
            return [self.short(each) for each in value[:MAX_ENTRIES]]
        if is_object(value):
            return {name: self.short(each) for name, each in value.items()}
        return value


def shortened(value: Any) -> Shortened:
    """Return a value with long texts and lists cut; what it is made of stays."""
    made = Shortened()
    made.value = made.short(value)
    return made
