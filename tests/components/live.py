"""A component against the simulator of Meta, over HTTP: what it answers, sends and refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as ValidationFault
from pydantic import ValidationError

from appmixer.engine.contract import (
    Action,
    Event,
    RejectedError,
    Wait,
    component_schema,
    load_connectors,
)
from appmixer.engine.contract.testing import RecordingContext, RecordingHost, StandInAccount
from appmixer.sandbox.testing import RunningSandbox, running_sandbox

CONNECTOR = load_connectors()["appmixer:whatsapp"]
WABA, NUMBER, PERSON = "102290129340398", "106540352242922", "+16505551234"
REQUESTS = Path(__file__).parent.parent / "data" / "requests"
# What is the sender's own affair in a request: Meta's examples do not show it.
OURS = ("biz_opaque_callback_data",)


@dataclass
class Live:
    """An account whose Graph is a sandbox of its own, and what has been asked of it."""

    sandbox: RunningSandbox
    context: RecordingContext
    requests: list[httpx.Request] = field(default_factory=list[httpx.Request])

    async def run(self, component: str, **input: Any) -> Any:
        """Return what the component answers to the input, which has to fit its schema."""
        action = _component(component)
        assert _misfit(action, input) is None
        answer = await action.receive(self.context, action.Input.model_validate(input))
        assert answer is not None
        assert not isinstance(answer, Wait)
        return answer

    async def refusal(self, component: str, **input: Any) -> str:
        """Return the field for which the input is refused: before anything was asked of Meta, by
        the schema, the model or the component, or else by what Meta answered."""
        action = _component(component)
        if (misfit := _misfit(action, input)) is not None:
            return misfit
        with pytest.raises((RejectedError, ValidationError)) as caught:
            await action.receive(self.context, action.Input.model_validate(input))
        error: Any = caught.value
        if isinstance(error, RejectedError):
            return str(error.field)
        found = error.errors()[0]
        cause = found.get("ctx", {}).get("error")
        return str(cause.field if isinstance(cause, RejectedError) else found["loc"][0])

    async def ready(self, number: str = NUMBER) -> None:
        """Register the sender, and have the person write, so that free text may be sent."""
        await self.run("EnsureRegistered", phoneNumberId=number, pin="000000")
        async with self.sandbox.controls() as controls:
            said = {"type": "text", "text": {"body": "Hi"}}
            path = f"/people/{PERSON.removeprefix('+')}/messages"
            (await controls.post(path, json=said)).raise_for_status()

    async def written_at(self, moment: float) -> None:
        """Let the connector's ledger know of a message that the person wrote at a time."""
        said = {"from": PERSON.removeprefix("+"), "type": "text", "timestamp": str(int(moment))}
        event = Event(f"at-{moment}", "message", {"phoneNumberId": NUMBER, "message": said})
        await self.context.plugin.before_routing([event])

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The bodies of what was posted to the sender's messages, without what is ours."""
        posted = [each for each in self.requests if each.url.path.endswith("messages")]
        bodies = [json.loads(each.content) for each in posted if each.method == "POST"]
        return [{key: each[key] for key in each if key not in OURS} for each in bodies]


def documented(name: str) -> dict[str, Any]:
    """Return Meta's own example of a request, such as `send.image.link`."""
    found: dict[str, Any] = json.loads((REQUESTS / f"{name}.json").read_text())
    return found


@asynccontextmanager
async def connected() -> AsyncGenerator[Live]:
    requests: list[httpx.Request] = []

    async def keep(request: httpx.Request) -> None:
        await request.aread()
        requests.append(request)

    hooks = {"request": [keep]}
    async with (
        running_sandbox() as sandbox,
        httpx.AsyncClient(verify=False, event_hooks=hooks) as http,
    ):
        host = RecordingHost(
            configuration={
                "clientId": "100000000000001",
                "clientSecret": "sandbox-app-secret",
                "verifyToken": "sandbox-verify-token",
                "graphUrl": sandbox.url,
                "dialogUrl": sandbox.url,
                "graphVersion": "v25.0",
            },
            http=http,
        )
        profile = {"businessAccountId": WABA, "wabaIds": [WABA]}
        account = StandInAccount(profile=profile, token="EAAsandbox")
        context = RecordingContext(host, CONNECTOR.plugin(host), account)
        yield Live(sandbox, context, requests)


def _component(name: str) -> Action:
    found = CONNECTOR.components()[f"appmixer.whatsapp.{name}"]()
    assert isinstance(found, Action)
    return found


def _misfit(action: Action, input: dict[str, Any]) -> str | None:
    """Return the field that the component's schema refuses, if it does."""
    schema = component_schema(f"appmixer.whatsapp.{type(action).__name__}", type(action))
    validator: Any = Draft202012Validator(schema)
    errors: list[ValidationFault] = sorted(validator.iter_errors(input), key=lambda each: each.path)
    if not errors:
        return None
    path = list(errors[0].absolute_path)
    if path:
        return str(path[0])
    named = errors[0].message.split("'")
    return named[1] if len(named) > 1 else ""
