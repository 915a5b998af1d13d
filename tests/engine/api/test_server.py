"""The engine behind a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from appmixer.demo import rehearsal
from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api import server
from appmixer.engine.api.hooks import HookRoutes
from appmixer.engine.api.plugins import PluginRoutes
from appmixer.engine.api.server import listen, serving
from appmixer.engine.errors import StartError
from appmixer.engine.runs.statistics import Statistics
from appmixer.engine.settings import Settings

from ...ports import free_port
from ..built_page import build_page

pytestmark = pytest.mark.anyio


async def test_serves_until_the_context_ends_and_ends_open_streams(settings: Settings) -> None:
    received: list[str] = []
    async with serving(replace(settings, port=0)) as running:
        headers = {"Authorization": f"Bearer {read_token(settings.data, {})}"}
        client = httpx.AsyncClient(base_url=running.url, headers=headers)
        opened = asyncio.Event()

        async def watch() -> None:
            async with client.stream("GET", "/api/stream") as answer:
                async for line in answer.aiter_lines():
                    received.append(line)
                    opened.set()

        watching = asyncio.create_task(watch())
        await asyncio.wait_for(opened.wait(), 60)
        running.engine.stream.publish(running.engine.owners.first_owner_id, "run", {"runId": "r1"})
        leaving_at = time.monotonic()

    await asyncio.wait_for(watching, 60)
    assert time.monotonic() - leaving_at < 8
    assert [line for line in received if line] == [
        "event: open",
        "data: {}",
        "event: run",
        'data: {"runId": "r1"}',
    ]
    with pytest.raises(httpx.ConnectError):
        await client.get("/healthz")
    await client.aclose()


@pytest.mark.parametrize("path", ["/api/statistics", "/plugins/test/events", "/hooks/secret"])
async def test_what_has_not_ended_when_the_engine_is_stopped_is_answered_in_a_sentence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(server, "SHUTDOWN_S", 1)
    is_asked = asyncio.Event()

    async def hang(*_: object) -> None:
        is_asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(PluginRoutes, "_find_answer", hang)
    monkeypatch.setattr(HookRoutes, "_find_answer", hang)
    monkeypatch.setattr(Statistics, "of", hang)
    async with httpx.AsyncClient(timeout=60) as client:
        async with serving(replace(settings, port=0)) as running:
            headers = {"Authorization": f"Bearer {read_token(settings.data, {})}"}
            asking = asyncio.create_task(client.get(running.url + path, headers=headers))
            await asyncio.wait_for(is_asked.wait(), 60)
        answer = await asking

    assert (answer.status_code, answer.headers["Connection"]) == (503, "close")
    assert answer.json()["error"]["title"] == "The engine is being stopped"


async def test_the_printed_link_opens_the_page(settings: Settings) -> None:
    built = build_page(settings.data.parent / "designer")
    async with (
        serving(replace(settings, port=0, built_page=built)) as running,
        httpx.AsyncClient(follow_redirects=True) as browser,
    ):
        page = await browser.get(await running.link())
        me = await browser.get(f"{running.url}/api/me")

    assert (page.status_code, str(page.url)) == (200, f"{running.url}/")
    assert "<title>Designer</title>" in page.text
    assert me.json()["name"] == "main"


async def test_a_port_in_use_is_said_before_anything_starts(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(StartError, match=f"Port {port} of 127.0.0.1 cannot be opened"):
            listen("127.0.0.1", port)


async def rehearsed(settings: Settings, **changed: str) -> tuple[bool, list[str]]:
    """Run the rehearsal with some of its configuration changed."""
    lines: list[str] = []
    port = free_port()
    sandbox = asyncio.create_task(rehearsal.serve("127.0.0.1", port))
    url = f"http://127.0.0.1:{port}"
    try:
        async with serving(replace(settings, port=0)) as running:
            [(service, values)] = rehearsal.configuration(url).items()
            for key, value in {**values, **changed}.items():
                await running.engine.configuration.set(service, key, value)
            token = read_token(settings.data, {})
            happened = await rehearsal.rehearse(running.url, token, url, lines.append)
    finally:
        sandbox.cancel()
        await asyncio.gather(sandbox, return_exceptions=True)
    return happened, lines


async def test_the_main_job_happens_step_by_step(settings: Settings) -> None:
    happened, lines = await rehearsed(settings)

    told = "\n".join(lines)
    assert happened, told
    steps = [
        "with a challenge: echoed, so verified",
        "account acme reaches WABA 102290129340398",
        "the flow is running",
        "wasAlreadyRegistered: false",
        "wasAlreadyRegistered: true",
        "template hello_world: accepted",
        "webhook, signed: read",
        "“Do you have it in blue?”",
        "signed, answered 200",
        "“You said: Do you have it in blue?”",
        "begin completed, sender completed, hello completed",
        "All of it happened",
    ]
    assert [step for step in steps if step not in told] == []
    assert sum("webhook, signed: delivered" in line for line in lines) == 3


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"verifyToken": "another"}, "Expected Meta's handshake with the callback URL"),
        ({"clientSecret": "another"}, "Expected the engine to accept the login"),
    ],
)
async def test_a_step_that_does_not_happen_ends_the_rehearsal(
    settings: Settings, changed: dict[str, Any], told: str
) -> None:
    happened, lines = await rehearsed(settings, **changed)

    assert not happened
    assert told in lines[-1]
    assert "All of it happened" not in json.dumps(lines)


async def test_connectors_are_told_where_the_host_answers(settings: Settings) -> None:
    async with serving(replace(settings, port=0)) as running:
        host = running.engine.hosts["appmixer:whatsapp"]
        unknown = (host.public_url, host.base_url == running.url)
    public = replace(settings, port=0, public_url="https://engine.example.com/")
    async with serving(public) as running:
        host = running.engine.hosts["appmixer:whatsapp"]
        known = (host.public_url, host.base_url)

    assert unknown == ("", True)
    assert known == ("https://engine.example.com", "https://engine.example.com")
