"""No step, however it ends, leaves a secret or what somebody wrote in the log."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import Action, Credentials, load_connectors
from appmixer.engine.contract.redaction import Redaction
from appmixer.engine.flows.models import FlowComponent
from appmixer.engine.host import engine as engine_module
from appmixer.engine.host.actions import Actions
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.observe.logs import get_log, pass_on_everything
from appmixer.engine.settings import Settings

pytestmark = pytest.mark.anyio

SERVICE = "appmixer:whatsapp"
TOKEN = "EAAmarkedTokenOfTheAccount"
PIN = "739154"
NUMBER = "16505559876"
WRITTEN = "what-only-the-person-may-read"
MARKS = (TOKEN, PIN, NUMBER, WRITTEN)
ACTIONS = [
    name
    for connector in load_connectors().values()
    for name, component in connector.components().items()
    if issubclass(component, Action)
]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is written anywhere by anybody."""
    stream = io.StringIO()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(engine_module, "get_log", partial(get_log, stream=stream))
    redaction = Redaction(each.manifest.secrets for each in load_connectors().values())
    root = logging.getLogger()
    kept = (root.handlers[:], root.level, sys.excepthook, threading.excepthook, sys.unraisablehook)
    pass_on_everything(get_log("process", stream, redaction))
    root.setLevel(logging.DEBUG)
    yield stream
    root.handlers[:], root.level = kept[0], kept[1]
    sys.excepthook, threading.excepthook, sys.unraisablehook = kept[2:]
    logging.captureWarnings(False)


class Hangs(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError


class Stumbles(httpx.AsyncBaseTransport):
    """Fails as nobody foresaw, and says all it knows."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        raise LookupError(f"{request.url} {request.headers!r} {body!r}")


@pytest.fixture
async def engine(tmp_path: Path, log: io.StringIO) -> AsyncIterator[Engine]:
    settings = Settings(data=tmp_path / "data", environment={})
    async with open_engine(settings) as engine:
        profile = {"businessAccountId": "102290129340398", "wabaIds": ["102290129340398"]}
        credentials = Credentials(TOKEN, profile, "acme")
        await engine.accounts.keep(engine.owners.first_owner_id, SERVICE, credentials, "acme")
        yield engine


def given(schema: dict[str, Any]) -> dict[str, Any]:
    """An input with marks wherever one fits."""
    marks = {"pin": PIN, "to": f"+{NUMBER}", "text": WRITTEN, "opaqueData": WRITTEN}
    found: dict[str, Any] = {}
    for name, field in schema["properties"].items():
        if name in marks:
            found[name] = marks[name]
        elif name in schema.get("required", ()):
            found[name] = field["examples"][0]
    return found


async def act(engine: Engine, name: str, timeout_s: float = 600) -> dict[str, Any] | None:
    outcome = await Actions(
        engine.services, engine.flows, engine.component, engine.describe, timeout_s=timeout_s
    ).act(
        owner_id=engine.owners.first_owner_id,
        flow_key="flow",
        key="step",
        component=FlowComponent(type=name, account="acme"),
        values=given(dict(engine.types[name].schema)),
        step_id="run.0",
    )
    return dict(outcome.error) if outcome.error else None


def leaks(log: io.StringIO, *more: Any) -> list[str]:
    text = log.getvalue() + json.dumps(more)
    return [mark for mark in MARKS if mark in text]


@pytest.mark.parametrize("name", ACTIONS)
async def test_a_step_that_fails_as_nobody_foresaw_tells_no_secret(
    name: str, engine: Engine, log: io.StringIO
) -> None:
    object.__setattr__(engine.http, "_transport", Stumbles())

    error = await act(engine, name)

    assert leaks(log, error) == []
    assert error is None or error["kind"] != "InternalError" or "unexpected_error" in log.getvalue()


@pytest.mark.parametrize("name", ACTIONS)
async def test_a_step_that_takes_too_long_tells_no_secret(
    name: str, engine: Engine, log: io.StringIO
) -> None:
    object.__setattr__(engine.http, "_transport", Hangs())

    error = await act(engine, name, timeout_s=0.2)

    assert leaks(log, error) == []


@pytest.mark.parametrize("name", ACTIONS)
async def test_a_step_that_is_cancelled_tells_no_secret(
    name: str, engine: Engine, log: io.StringIO
) -> None:
    object.__setattr__(engine.http, "_transport", Hangs())
    acting = asyncio.create_task(act(engine, name))
    await asyncio.sleep(0.1)

    acting.cancel()
    await asyncio.wait([acting])
    logging.getLogger("some.library").error("cancelled %r", acting)

    assert "some.library" in log.getvalue()
    assert leaks(log) == []


async def test_what_libraries_log_is_redacted_and_never_raw(log: io.StringIO) -> None:
    logging.getLogger("some.library").error("asked with Authorization: Bearer %s", TOKEN)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"access_token={TOKEN}", stacklevel=1)
    sys.excepthook(LookupError, LookupError(f"token={TOKEN}"), None)

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert len(lines) == 3
    assert leaks(log) == []
