"""Flows over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response

from ..flows.documents import find_warnings
from ..flows.models import FlowDocument
from .bodies import JsonRoute
from .identity import Caller, hosting
from .shapes.flows import Flow, FlowList, StoredFlow, SwitchedFlow
from .shapes.shape import shaped

router = APIRouter(prefix="/api/flows", tags=["flows"], route_class=JsonRoute)

FlowId = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", examples=["auto-reply"]),
]
Document = Annotated[
    dict[str, Any],
    Body(
        description="A flow document (schemas/flow.schema.json).",
        examples=[
            {
                "name": "Greeting",
                "components": {"incoming": {"type": "vendor.service.NewItem", "account": "acme"}},
            }
        ],
    ),
]


@router.get("", response_model=shaped(FlowList))
async def list_flows(request: Request, caller: Caller) -> dict[str, Any]:
    """Return your flows without their documents."""
    return {"flows": await hosting(request).flows.list(caller.owner_id)}


@router.get("/{flow_id}", response_model=shaped(Flow))
async def get_flow(request: Request, caller: Caller, flow_id: FlowId) -> dict[str, Any]:
    """Return a flow with its newest document."""
    return await hosting(request).flows.get(caller.owner_id, flow_id)


@router.put("/{flow_id}", response_model=shaped(StoredFlow))
async def put_flow(
    request: Request, caller: Caller, flow_id: FlowId, document: Document
) -> dict[str, Any]:
    """Store a new version; a running flow keeps its version until it is started again.

    `warnings` names what is allowed and yet likely a mistake.
    """
    engine = hosting(request)
    stored = await engine.flows.put(caller.owner_id, flow_id, document)
    checked = FlowDocument.model_validate(document)
    found = await asyncio.to_thread(find_warnings, checked, engine.types)
    return {**stored, "warnings": [{"path": each.path, "text": each.text} for each in found]}


@router.delete("/{flow_id}", status_code=204, response_class=Response)
async def delete_flow(request: Request, caller: Caller, flow_id: FlowId) -> None:
    """Stop the flow and remove it."""
    await hosting(request).flows.delete(caller.owner_id, flow_id)


@router.post("/{flow_id}/start", response_model=shaped(SwitchedFlow))
async def start_flow(request: Request, caller: Caller, flow_id: FlowId) -> dict[str, Any]:
    """Start the newest version; the answer to a failed start says why and what to do."""
    return await hosting(request).flows.start(caller.owner_id, flow_id)


@router.post("/{flow_id}/stop", response_model=shaped(SwitchedFlow))
async def stop_flow(request: Request, caller: Caller, flow_id: FlowId) -> dict[str, Any]:
    """Stop the flow; its runs under way go on."""
    return await hosting(request).flows.stop(caller.owner_id, flow_id)
