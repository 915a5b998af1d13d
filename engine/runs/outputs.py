"""Outputs of steps: stored in pieces, so that whoever needs one value reads few others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ..storage.database import ReadRows
from ..storage.statements import Prepared, insert
from ..storage.tables import more_values, steps
from .work import PIECE, Outputs, Place

# Names in one statement: every database takes so many.
CHUNK = 500

PUT_MORE = Prepared(
    lambda c: insert(more_values, c).on_conflict_do_update(
        index_elements=["step_id", "port", "number"],
        set_={"content": insert(more_values, c).excluded.content},
    )
)


def first_piece(output: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Return what of an output stands in the record of its step."""
    return {port: values[:PIECE] for port, values in output.items()}


def more_pieces(
    run_id: str, step_id: str, output: Mapping[str, Sequence[Any]]
) -> list[dict[str, Any]]:
    """Return the rows of the rest of an output. Not for the loop: a long list takes a while."""
    return [
        {
            "step_id": step_id,
            "port": port,
            "number": start // PIECE,
            "run_id": run_id,
            "content": json.dumps(values[start : start + PIECE]),
        }
        for port, values in output.items()
        for start in range(PIECE, len(values), PIECE)
    ]


async def read_outputs(read: ReadRows, places: Iterable[Place]) -> Outputs:
    """Return the pieces of outputs; one that is gone is missing."""
    found: dict[Place, Sequence[Any]] = {}
    wanted = sorted(set(places))
    further = [place for place in wanted if place[2]]
    key = sa.tuple_(more_values.c.step_id, more_values.c.port, more_values.c.number)
    for start in range(0, len(further), CHUNK):
        query = sa.select(more_values).where(key.in_(further[start : start + CHUNK]))
        for row in await read(query):
            found[row.step_id, row.port, row.number] = row.content
    # A release before the pieces kept all values with the step.
    first = [place for place in wanted if place not in found]
    names = sorted({place[0] for place in first})
    for start in range(0, len(names), CHUNK):
        query = sa.select(steps.c.id, steps.c.output).where(
            steps.c.id.in_(names[start : start + CHUNK])
        )
        rows = await read(query)
        outputs: dict[str, dict[str, list[Any]]] = {row.id: row.output or {} for row in rows}
        for step_id, port, number in first:
            values = outputs.get(step_id, {}).get(port, ())[number * PIECE :][:PIECE]
            if values:
                found[step_id, port, number] = values
    return found
