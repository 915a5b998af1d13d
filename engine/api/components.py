"""Components over HTTP: what there is, dynamic dropdowns, and trying one of them out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field

from ..flows.functions import TABLE
from .accounts import Body
from .bodies import JsonRoute
from .identity import Caller, hosting
from .shapes.components import ConnectorList, EntryList, FunctionList, PreviewResult, TrialResult
from .shapes.shape import shaped

router = APIRouter(prefix="/api", tags=["components"], route_class=JsonRoute)


class OptionsQuery(Body):
    """A field whose entries are wanted, and what has been filled in so far."""

    type: str = Field(examples=["vendor.service.SendItem"])
    field: str
    account: str | None = Field(None, description="The account's name.")
    input: dict[str, Any] = Field(default_factory=dict[str, Any])


class PreviewQuery(Body):
    """A half-filled form, and what earlier steps gave, so that expressions have a value."""

    type: str = Field(examples=["vendor.service.SendItem"])
    account: str | None = Field(None, description="The account's name.")
    input: dict[str, Any] = Field(default_factory=dict[str, Any])
    given: dict[str, dict[str, Any]] = Field(
        {},
        description="By step and port, such as from a sample or an earlier run. A text whose"
        " expressions have no value is shown as it is written.",
        examples=[{"incoming": {"message": {"text": "Hello"}}}],
    )


class Trial(Body):
    """An input to try a component with."""

    account: str | None = Field(None, description="The account's name.")
    input: dict[str, Any] = Field(default_factory=dict[str, Any])
    dry_run: bool = Field(False, description="Show the request and do not send it.")


@router.get("/components", response_model=shaped(ConnectorList))
async def list_components(request: Request, _: Caller) -> dict[str, Any]:
    """Return the connectors with their components and the components' schemas."""
    engine = hosting(request)
    connectors: list[dict[str, Any]] = []
    for connector_id, connector in sorted(engine.connectors.items()):
        manifest = connector.manifest.model_dump(
            mode="json",
            by_alias=True,
            exclude={"schema_uri", "configuration", "secrets", "components"},
        )
        components = [
            {
                **entry.model_dump(mode="json", by_alias=True, exclude={"schema_file", "module"}),
                "needsAccount": engine.types[entry.name].needs_account,
                "schema": engine.types[entry.name].schema,
            }
            for entry in connector.manifest.components
        ]
        connectors.append({**manifest, "id": connector_id, "components": components})
    return {"connectors": connectors}


@router.post("/options", response_model=shaped(EntryList))
async def list_options(request: Request, caller: Caller, query: OptionsQuery) -> dict[str, Any]:
    """Return the entries of a dynamic dropdown."""
    options = await hosting(request).trials.options(
        caller.owner_id, query.type, query.field, account=query.account, values=query.input
    )
    return {"options": options}


@router.get("/functions", response_model=shaped(FunctionList))
async def list_functions(_: Caller) -> dict[str, Any]:
    """Return the functions that expressions may use, each with an example and its value."""
    return {"functions": [asdict(each) for each in TABLE]}


@router.post("/previews", response_model=shaped(PreviewResult))
async def preview_step(request: Request, caller: Caller, query: PreviewQuery) -> dict[str, Any]:
    """Return what a step will do, whom it reaches and what they will see, as far as is known."""
    preview = await hosting(request).previews.preview(
        caller.owner_id,
        query.type,
        account=query.account,
        values=query.input,
        given=query.given,
    )
    return {"preview": preview}


@router.post("/components/{type}/test", response_model=shaped(TrialResult))
async def test_component(
    request: Request, caller: Caller, type: str, trial: Trial
) -> dict[str, Any]:
    """Let one component do its work once, outside any flow."""
    return await hosting(request).trials.test(
        caller.owner_id,
        type,
        account=trial.account,
        values=trial.input,
        dry_run=trial.dry_run,
    )
