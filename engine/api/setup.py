"""The one-time setup over HTTP: a checklist that ticks itself, for the administrator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from ..contract import Check, Manifest, Texts, translate
from ..contract.manifest import SetupStep
from .accounts import examine, show_check
from .addresses import describe_addresses
from .bodies import JsonRoute
from .identity import Administrator, hosting
from .languages import Languages, chosen_language
from .shapes.configuration import Setup
from .shapes.shape import shaped

if TYPE_CHECKING:
    from ..host.engine import Engine

router = APIRouter(prefix="/api", tags=["configuration"], route_class=JsonRoute)

ADDRESS: Mapping[str, Any] = {
    "id": "engine:address",
    "service": None,
    "title": "Tell the engine its public address",
    "text": "Set APPMIXER_PUBLIC_URL where the engine runs to the https address at which services"
    " reach it, and start it again.",
    "link": None,
    "keys": [],
    "addresses": [],
    "findings": [],
}


@router.get("/setup", response_model=shaped(Setup))
async def get_setup(
    request: Request, response: Response, _: Administrator, accept_language: Languages = ""
) -> dict[str, Any]:
    """Return what is done once, in its order, each step with what the connectors find of it now.

    To ask again is to test again: what can be tried, such as a handshake, is tried each time.
    """
    engine = hosting(request)
    language = await chosen_language(engine, response, accept_language)
    texts = await engine.offers.texts(language)
    state = "done" if engine.settings.public_url else "open"
    steps = [{**ADDRESS, "state": state}]
    for service in sorted(engine.connectors):
        manifest = engine.connectors[service].manifest
        if declared := _declared(manifest):
            found = await examine(engine, service, None)
            spoken = texts.get(service, {})
            told = _steps(engine, manifest, declared, found, spoken)
            steps += [await engine.offers.said(each, service, language) for each in told]
    return {"isDone": all(each["state"] == "done" for each in steps), "steps": steps}


def _declared(manifest: Manifest) -> Sequence[SetupStep]:
    """Return the steps of a connector; one for what it needs, where it names none."""
    needed = [each.name for each in manifest.configuration if each.required]
    if manifest.setup or not needed:
        return manifest.setup
    about = {"title": f"Set up {manifest.label}", "description": manifest.description}
    return [SetupStep.model_validate({"name": "configuration", "keys": needed, **about})]


def _steps(
    engine: Engine,
    manifest: Manifest,
    declared: Sequence[SetupStep],
    found: Sequence[Check],
    texts: Texts,
) -> Iterator[dict[str, Any]]:
    values = {each["key"]: each for each in engine.configuration.describe(manifest.id)["keys"]}
    addresses: list[dict[str, str]] = describe_addresses(engine.settings, manifest)["addresses"]
    for step in declared:
        names = {*step.checks, *(f"configuration {each}" for each in step.keys)}
        findings = [each for each in found if each.name in names]
        yield {
            "id": f"{manifest.id}:{step.name}",
            "service": manifest.id,
            "title": texts.get(step.title, step.title),
            "text": texts.get(step.description, step.description),
            "link": step.link,
            "state": _state(step, values, findings),
            "keys": translate([values[each] for each in step.keys], texts),
            "addresses": translate(
                [each for each in addresses if each["label"] in step.addresses], texts
            ),
            "findings": [*map(show_check, findings)],
        }


def _state(
    step: SetupStep, values: Mapping[str, Mapping[str, Any]], findings: Sequence[Check]
) -> str:
    if not all(values[each]["isSet"] for each in step.keys):
        return "open"
    if any(each.state == "fault" for each in findings):
        return "fault"
    looked_at = {each.name for each in findings}
    is_fine = looked_at.issuperset(step.checks) and all(each.state == "fine" for each in findings)
    return "done" if is_fine else "open"
