"""What the steps of a flow give, and what expressions make of it, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field, StringConstraints

from ..flows.expressions import fill_each
from ..flows.inputs import MAX_INPUT_VALUES, has_more_values
from ..flows.models import Fault, InputFaults
from ..flows.ports import scope_of
from ..host.samples import FlowSamples
from ..runs.samples import shortened
from .accounts import Body
from .bodies import JsonRoute
from .flows import FlowId
from .identity import Caller, hosting
from .shapes.samples import ExpressionValues, SamplesOfFlow
from .shapes.shape import shaped

router = APIRouter(prefix="/api", tags=["flows"], route_class=JsonRoute)

MAX_TEXTS = 200
Text = Annotated[str, StringConstraints(max_length=20_000)]


class ExpressionQuery(Body):
    """Texts with expressions, and what earlier steps gave."""

    texts: dict[str, Text] = Field(
        max_length=MAX_TEXTS, examples=[{"input.text": "You said: {{ incoming.message.text }}"}]
    )
    given: dict[str, dict[str, Any]] = Field(
        {},
        description="By step and port, such as from /api/flows/{flow_id}/samples.",
        examples=[{"incoming": {"message": {"text": "Hello"}}}],
    )


@router.get("/flows/{flow_id}/samples", response_model=shaped(SamplesOfFlow))
async def get_samples(
    request: Request,
    caller: Caller,
    flow_id: FlowId,
    tests: Annotated[bool, Query(description="Also from runs of drafts.")] = True,
) -> dict[str, Any]:
    """Return what each step of the draft, or else of the newest version, gave last at its ports."""
    engine = hosting(request)
    samples = FlowSamples(engine.flows, engine.types, engine.storage)
    return {"steps": await samples.of(caller.owner_id, flow_id, tests=tests)}


@router.post("/expressions", response_model=shaped(ExpressionValues))
async def evaluate_expressions(
    request: Request, _: Caller, query: ExpressionQuery
) -> dict[str, Any]:
    """Return the value of each text, as a step would get it, or why it has none."""
    if has_more_values(query.given, MAX_INPUT_VALUES):
        raise InputFaults([Fault("given", f"It holds more than {MAX_INPUT_VALUES:,} values.")])
    now = hosting(request).clock.now
    found = await asyncio.to_thread(fill_each, query.texts, scope_of(query.given), now=now)
    return {"values": {name: _shown(*each) for name, each in found.items()}}


def _shown(value: Any, problem: str) -> dict[str, Any]:
    sample = shortened(value)
    return {"value": sample.value, "isCut": sample.is_cut, "problem": problem}
