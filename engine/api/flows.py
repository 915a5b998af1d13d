"""Flows over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from pydantic import Field

from .accounts import Body as RequestBody
from .bodies import JsonRoute
from .identity import Caller, hosting
from .shapes.flows import (
    BegunRun,
    Draft,
    Flow,
    FlowList,
    StoredFlow,
    SwitchedFlow,
    Version,
    VersionList,
)
from .shapes.shape import shaped
from .tags import Meant, tagged

# What a database takes for the number of a version.
MAX_NUMBER = 2**31 - 1

router = APIRouter(prefix="/api/flows", tags=["flows"], route_class=JsonRoute)

FlowId = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", examples=["auto-reply"]),
]
# What a database takes for a whole number.
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


Unfinished = Annotated[
    dict[str, Any],
    Body(
        description="What is to become a flow document; it may lack anything.",
        examples=[{"name": "Greeting", "components": {}}],
    ),
]
Number = Annotated[int, Path(ge=-MAX_NUMBER, le=MAX_NUMBER, description="The version's number.")]
Compared = Annotated[
    int | None,
    Query(
        ge=-MAX_NUMBER,
        le=MAX_NUMBER,
        description="Another version, from which `changes` tells the way to this one.",
    ),
]


@router.get("", response_model=shaped(FlowList))
async def list_flows(request: Request, caller: Caller) -> dict[str, Any]:
    """Return your flows, and your drafts, without their documents."""
    flows = hosting(request).flows
    return {
        "flows": await flows.list(caller.owner_id),
        "drafts": await flows.drafts.list(caller.owner_id),
    }


@router.get("/{flow_id}", response_model=shaped(Flow))
async def get_flow(
    request: Request, response: Response, caller: Caller, flow_id: FlowId
) -> dict[str, Any]:
    """Return a flow with its newest document."""
    return tagged(response, await hosting(request).flows.get(caller.owner_id, flow_id))


@router.put("/{flow_id}", response_model=shaped(StoredFlow))
async def put_flow(
    request: Request,
    response: Response,
    caller: Caller,
    meant: Meant,
    flow_id: FlowId,
    document: Document,
) -> dict[str, Any]:
    """Store a new version; a running flow keeps its version until it is started again.

    `warnings` names what is allowed and yet likely a mistake.
    """
    flows = hosting(request).flows
    return tagged(response, await flows.put(caller.owner_id, flow_id, document, meant))


@router.delete("/{flow_id}", status_code=204, response_class=Response)
async def delete_flow(request: Request, caller: Caller, meant: Meant, flow_id: FlowId) -> None:
    """Stop the flow and remove it, with its draft."""
    await hosting(request).flows.delete(caller.owner_id, flow_id, meant)


@router.post("/{flow_id}/start", response_model=shaped(SwitchedFlow))
async def start_flow(
    request: Request, response: Response, caller: Caller, meant: Meant, flow_id: FlowId
) -> dict[str, Any]:
    """Start the newest version; the answer to a failed start says why and what to do."""
    flows = hosting(request).flows
    return tagged(response, await flows.start(caller.owner_id, flow_id, meant))


class NewRun(RequestBody):
    """Where a run is to begin, and with what."""

    trigger: str | None = Field(
        None, description="The trigger in whose place you stand; needed where there are several."
    )
    values: dict[str, Any] = Field(
        default_factory=dict[str, Any], description="What the trigger would have given."
    )
    version: int | None = Field(
        None,
        ge=1,
        le=MAX_NUMBER,
        description="The running version, or else the newest, by default.",
    )
    draft: bool = Field(False, description="Run the draft as it is, as a test.")
    like: str | None = Field(
        None,
        description="An earlier run of the flow: this one begins with what its trigger gave, in the"
        " place of `values`.",
    )


@router.post("/{flow_id}/run", status_code=202, response_model=shaped(BegunRun))
async def run_flow(
    request: Request,
    response: Response,
    caller: Caller,
    flow_id: FlowId,
    new: NewRun | None = None,
    idempotency_key: Annotated[
        str | None, Header(description="Begins one run, however often the call is made in a day.")
    ] = None,
) -> dict[str, Any]:
    """Begin a run now, whether the flow runs or not; the answer does not wait for its end."""
    new = new or NewRun.model_validate({})
    begun = await hosting(request).by_hand.begin(
        caller.owner_id,
        flow_id,
        trigger=new.trigger,
        values=new.values,
        version=new.version,
        draft=new.draft,
        key=idempotency_key,
        like=new.like,
    )
    url = f"/api/runs/{begun['runId']}"
    response.headers["Location"] = url
    return {**begun, "url": url}


@router.post("/{flow_id}/stop", response_model=shaped(SwitchedFlow))
async def stop_flow(
    request: Request, response: Response, caller: Caller, meant: Meant, flow_id: FlowId
) -> dict[str, Any]:
    """Stop the flow; its runs under way go on."""
    flows = hosting(request).flows
    return tagged(response, await flows.stop(caller.owner_id, flow_id, meant))


@router.get("/{flow_id}/draft", response_model=shaped(Draft))
async def get_draft(
    request: Request,
    response: Response,
    caller: Caller,
    flow_id: FlowId,
    compare: Compared = None,
) -> dict[str, Any]:
    """Return the draft of a flow, which may not be there yet, with every fault of it."""
    drafts = hosting(request).flows.drafts
    found = await drafts.get(caller.owner_id, flow_id, compared_with=compare)
    return tagged(response, found)


@router.put("/{flow_id}/draft", response_model=shaped(Draft))
async def put_draft(
    request: Request,
    response: Response,
    caller: Caller,
    meant: Meant,
    flow_id: FlowId,
    document: Unfinished,
) -> dict[str, Any]:
    """Store a draft, finished or not; the flow and its versions stay as they are."""
    drafts = hosting(request).flows.drafts
    return tagged(response, await drafts.put(caller.owner_id, flow_id, document, meant))


@router.delete("/{flow_id}/draft", status_code=204, response_class=Response)
async def delete_draft(request: Request, caller: Caller, meant: Meant, flow_id: FlowId) -> None:
    """Forget the draft."""
    await hosting(request).flows.drafts.delete(caller.owner_id, flow_id, meant)


@router.get("/{flow_id}/versions", response_model=shaped(VersionList))
async def list_versions(
    request: Request,
    caller: Caller,
    flow_id: FlowId,
    before: Annotated[
        int | None, Query(ge=1, le=MAX_NUMBER, description="The last one of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Return the versions of a flow, the newest first, without their documents."""
    versions = hosting(request).flows.versions
    return {"versions": await versions.list(caller.owner_id, flow_id, before=before, limit=limit)}


@router.get("/{flow_id}/versions/{version}", response_model=shaped(Version))
async def get_version(
    request: Request,
    response: Response,
    caller: Caller,
    flow_id: FlowId,
    version: Number,
    compare: Compared = None,
) -> dict[str, Any]:
    """Return a version with its document; below zero are drafts as they were when they were run."""
    versions = hosting(request).flows.versions
    found = await versions.get(caller.owner_id, flow_id, version, compared_with=compare)
    return tagged(response, found)


@router.post("/{flow_id}/versions/{version}/restore", response_model=shaped(StoredFlow))
async def restore_version(
    request: Request,
    response: Response,
    caller: Caller,
    meant: Meant,
    flow_id: FlowId,
    version: Number,
) -> dict[str, Any]:
    """Store a version once more, as the newest one; nothing else changes."""
    flows = hosting(request).flows
    return tagged(response, await flows.restore(caller.owner_id, flow_id, version, meant))
