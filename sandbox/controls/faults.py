"""The controls that make Graph calls go wrong."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException

from ..protocol.shapes import Json
from ..world.faults import FaultRule
from ..world.world import World
from .views import shown_fault


def fault_controls(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/faults")
    async def faults() -> Json:
        """What goes wrong at present; a fault that is used up is gone."""
        return {"faults": [shown_fault(fault) for fault in world.faults.all()]}

    @controls.post("/_sandbox/faults", status_code=201)
    async def add(rule: FaultRule) -> Json:
        """Make calls go wrong. Of several faults that match, the oldest strikes."""
        return shown_fault(world.faults.add(rule))

    @controls.delete("/_sandbox/faults")
    async def clear() -> Json:
        world.faults.clear()
        return {"faults": []}

    @controls.delete(
        "/_sandbox/faults/{fault_id}", responses={404: {"description": "There is no such fault."}}
    )
    async def remove(fault_id: str) -> Json:
        if not world.faults.remove(fault_id):
            raise HTTPException(404, "There is no such fault.")
        return {"faults": [shown_fault(fault) for fault in world.faults.all()]}
