"""Components over HTTP: what there is, dynamic dropdowns, and trying one of them out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from ..contract import Texts
from ..flows.functions import TABLE, Function
from ..host.offers import Example
from .accounts import Body
from .bodies import JsonRoute
from .identity import Caller, hosting
from .languages import Languages, chosen_language
from .shapes.components import (
    ComponentForm,
    ComponentTestResult,
    ConnectorList,
    EntryList,
    ExampleList,
    FunctionList,
    HeardEvent,
    PreviewResult,
)
from .shapes.shape import shaped

router = APIRouter(prefix="/api", tags=["components"], route_class=JsonRoute)


class OptionsQuery(Body):
    """A field whose choices are wanted, and what has been filled in so far."""

    type: str = Field(examples=["vendor.service.SendItem"])
    field: str
    account: str | None = Field(None, description="The account's name.")
    input: dict[str, Any] = Field(default_factory=dict[str, Any])
    search: str = Field(
        "", max_length=200, description="Words, all of which an entry's texts have to contain."
    )
    after: int = Field(0, ge=0, le=1_000_000, description="`next` of the page before.")


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


class FormQuery(Body):
    """A component, and what of its input has been filled in so far."""

    type: str = Field(examples=["vendor.service.SendItem"])
    account: str | None = Field(None, description="The account's name.")
    input: dict[str, Any] = Field(default_factory=dict[str, Any])


class ComponentTest(Body):
    """An input to try a component with."""

    account: str | None = Field(None, description="The account's name.")
    input: dict[str, Any] = Field(default_factory=dict[str, Any])
    given: dict[str, dict[str, Any]] = Field(
        {},
        description="What earlier steps gave, by step and port, for the expressions in the input.",
    )
    dry_run: bool = Field(False, description="Show the request and do not send it.")


class TriggerTrial(Body):
    """How a trigger is set up whose next event is waited for."""

    account: str | None = Field(None, description="The account's name.")
    input: dict[str, Any] = Field(default_factory=dict[str, Any])
    within_s: float = Field(60, ge=1, le=300, description="So long is waited, in seconds.")


@router.get("/components", response_model=shaped(ConnectorList))
async def list_components(
    request: Request, response: Response, _: Caller, accept_language: Languages = ""
) -> dict[str, Any]:
    """Return the connectors with their components and the components' schemas.

    Their texts are in the language that `Accept-Language` asks for, as far as a connector has it.
    """
    engine = hosting(request)
    offers, language = engine.offers, await chosen_language(engine, response, accept_language)
    return {
        "language": language,
        "languages": await offers.languages(),
        "connectors": await offers.palette(language),
    }


@router.get("/examples", response_model=shaped(ExampleList))
async def list_examples(
    request: Request, response: Response, _: Caller, accept_language: Languages = ""
) -> dict[str, Any]:
    """Return flows to begin with. The accounts in them are names that you replace by your own."""
    engine = hosting(request)
    offers, language = engine.offers, await chosen_language(engine, response, accept_language)
    texts = await offers.texts(language)
    return {
        "examples": [
            _show_example(each, texts.get(each.connector, {})) for each in await offers.examples()
        ]
    }


@router.post("/options", response_model=shaped(EntryList))
async def list_options(request: Request, caller: Caller, query: OptionsQuery) -> dict[str, Any]:
    """Return a page of the choices of a field whose schema has `x-source`.

    They are kept for a minute for the account.
    """
    return await hosting(request).choosing.choices(
        caller.owner_id,
        query.type,
        query.field,
        account=query.account,
        values=query.input,
        search=query.search,
        after=query.after,
    )


@router.get("/functions", response_model=shaped(FunctionList))
async def list_functions(_: Caller) -> dict[str, Any]:
    """Return the functions that expressions may use, each with an example and its value."""
    return {"functions": [_show_function(each) for each in TABLE]}


def _show_function(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "kind": function.kind,
        "group": function.group,
        "signature": function.signature,
        "arguments": [
            {"name": each.name, "kind": each.kind.name, "isOptional": each.is_optional}
            for each in function.arguments
        ],
        "gives": function.gives,
        "description": function.description,
        "keywords": function.keywords,
        "example": function.example,
        "result": function.result,
    }


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


@router.post("/forms", response_model=shaped(ComponentForm))
async def make_form(
    request: Request,
    response: Response,
    caller: Caller,
    query: FormQuery,
    accept_language: Languages = "",
) -> dict[str, Any]:
    """Return what an input makes of a component whose schema has `x-form`.

    Its texts are in the language that `Accept-Language` asks for, as far as a connector has it.
    """
    engine = hosting(request)
    form = await engine.component_tests.form(
        caller.owner_id, query.type, account=query.account, values=query.input
    )
    language = await chosen_language(engine, response, accept_language)
    connector = engine.offers.types[query.type].connector
    return {**form, "schema": await engine.offers.said(form["schema"], connector, language)}


@router.post("/components/{type}/test", response_model=shaped(ComponentTestResult))
async def test_component(
    request: Request, caller: Caller, type: str, test: ComponentTest
) -> dict[str, Any]:
    """Let one component do its work once, outside any flow."""
    return await hosting(request).component_tests.test(
        caller.owner_id,
        type,
        account=test.account,
        values=test.input,
        given=test.given,
        dry_run=test.dry_run,
    )


@router.post("/components/{type}/hear", response_model=shaped(HeardEvent))
async def hear_component(
    request: Request, caller: Caller, type: str, trial: TriggerTrial
) -> dict[str, Any]:
    """Wait for the next event that a trigger takes, and return what it gives.

    No flow has to run for it, none begins by it, and those that run get the event as ever. Whoever
    does not want to wait any longer ends the request.
    """
    return await hosting(request).hearing.next(
        caller.owner_id,
        type,
        account=trial.account,
        values=trial.input,
        within_s=trial.within_s,
        has_gone=request.is_disconnected,
    )


def _show_example(example: Example, texts: Texts) -> dict[str, Any]:
    """Return an example as people see it; its name and description may be in their language."""
    name, description = example.document.name, example.document.description
    return {
        "id": example.id,
        "connector": example.connector,
        "name": texts.get(name, name),
        "description": texts.get(description, description),
        "flow": example.document.model_dump(mode="json", exclude_unset=True),
    }
