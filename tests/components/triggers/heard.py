"""What the triggers make of Meta's own examples of webhooks, as a flow would hear them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import BaseModel

from appmixer.engine.contract import Event, Trigger, load_connectors, port_schema
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.plugin.ledgers.closings import CLOSINGS
from appmixer.whatsapp.plugin.triggers.listening import ListeningTrigger
from appmixer.whatsapp.plugin.webhook.events import flatten

ROOT = Path(__file__).parents[3]
WEBHOOKS = ROOT / "sandbox" / "fixtures" / "webhooks"
TRIGGERS = {
    name.rpartition(".")[2]: found()
    for name, found in load_connectors()["appmixer:whatsapp"].components().items()
    # The others wake by the clock.
    if issubclass(found, ListeningTrigger) and CLOSINGS not in found.events
}


def body(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads((WEBHOOKS / f"{name}.json").read_text("utf-8"))
    return parsed


async def outputs(
    context: RecordingContext, trigger: str, webhook: str | Mapping[str, Any], **properties: Any
) -> list[dict[str, Any]]:
    """Return what a trigger with these properties gives for a webhook, held to its schema."""
    component = TRIGGERS[trigger]
    context.properties = component.Input.model_validate(properties)
    await component.start(context)
    parsed = body(webhook) if isinstance(webhook, str) else webhook
    given = [await _given(context, component, event) for event in flatten(parsed)]
    await component.stop(context)
    found = [each.model_dump(mode="json") for each in given if each is not None]
    for each in found:
        _published(trigger).validate(each)  # pyright: ignore[reportUnknownMemberType]
    return found


async def _given(context: RecordingContext, component: Trigger, event: Event) -> BaseModel | None:
    if not {*event.topics} & {*context.listening}:
        return None
    found = await component.receive(context, event.payload)
    assert found is None or isinstance(found, BaseModel)
    return found


@cache
def _published(trigger: str) -> Draft202012Validator:
    schema = json.loads((ROOT / "schemas" / f"{trigger}.json").read_text("utf-8"))
    return Draft202012Validator(port_schema(schema, TRIGGERS[trigger].port))


def leaves(value: Any) -> Iterator[str]:
    """Yield all that is neither object nor list."""
    if isinstance(value, dict):
        for inner in value.values():  # pyright: ignore[reportUnknownVariableType]
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:  # pyright: ignore[reportUnknownVariableType]
            yield from leaves(inner)
    else:
        yield json.dumps(value)
