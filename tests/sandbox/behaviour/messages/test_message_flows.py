"""Messages that open a Flow of the world: only in the state they need."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.belongings import Flow

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


def _send(mode: str = "published", **which: str) -> Json:
    parameters = {"flow_message_version": "3", "flow_cta": "Book", "mode": mode, **which}
    return {
        "messaging_product": "whatsapp",
        "to": f"+{seed.PERSON}",
        "type": "interactive",
        "interactive": {
            "type": "flow",
            "body": {"text": "Book a visit"},
            "action": {"name": "flow", "parameters": parameters},
        },
    }


def _flow(sandbox: RunningSandbox, status: str) -> None:
    flow = Flow("91", seed.WABA_ID, "booking", ["OTHER"], 0.0, 0.0, seed.APP_ID, "key", status)
    sandbox.world.flows[flow.id] = flow


async def _code(graph: httpx.AsyncClient, number: str, body: Json) -> int:
    answer = await graph.post(f"/{number}/messages", json=body)
    return int(answer.json().get("error", {"code": 0})["code"])


@pytest.mark.parametrize(
    ("status", "mode", "code"),
    [
        ("PUBLISHED", "published", 0),
        ("DRAFT", "draft", 0),
        ("DRAFT", "published", 131009),
        ("PUBLISHED", "draft", 131009),
        ("DEPRECATED", "published", 131009),
        ("BLOCKED", "published", 132068),
    ],
)
async def test_a_flow_is_sent_in_the_state_the_message_needs(
    status: str,
    mode: str,
    code: int,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    _flow(sandbox, status)

    by_id = await _code(graph, number, _send(mode, flow_id="91"))
    by_name = await _code(graph, number, _send(mode, flow_name="booking"))

    assert (by_id, by_name) == (code, code)


async def test_a_throttled_flow_goes_out_ten_times_an_hour(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    _flow(sandbox, "THROTTLED")
    sandbox.world.clock.freeze(frozen=True)

    codes = [await _code(graph, number, _send(flow_id="91")) for _ in range(11)]
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 3600)
    later = await _code(graph, number, _send(flow_id="91"))

    assert (codes, later) == ([0] * 10 + [132069], 0)


async def test_a_flow_that_nobody_here_knows_is_believed(
    graph: httpx.AsyncClient, number: str
) -> None:
    assert await _code(graph, number, _send(flow_id="6627390910605886")) == 0
