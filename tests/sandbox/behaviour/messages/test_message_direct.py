"""Direct Send: utility and authentication content without a template."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
LINK = "https://www.luckyshrub.example/a"


def _text(**more: Any) -> Json:
    return {
        "messaging_product": "whatsapp",
        "to": f"+{seed.PERSON}",
        "type": "text",
        "text": {"body": "Your order has shipped."},
        "category": "utility",
        **more,
    }


def _buttons(buttons: list[Json]) -> Json:
    interactive = {"type": "button", "body": {"text": "Choose"}, "action": {"buttons": buttons}}
    return _text(type="interactive", interactive=interactive)


REPLIES: list[Json] = [
    {"type": "reply", "reply": {"id": str(index), "title": f"Reply {index}"}} for index in range(8)
]
URL_BUTTON: Json = {"type": "cta_url", "cta_url": {"display_text": "Open", "url": LINK}}
CALL_BUTTON: Json = {"type": "voice_call", "voice_call": {"display_text": "Call"}}


@pytest.fixture
def allowed(sandbox: RunningSandbox) -> None:
    sandbox.world.wabas[seed.WABA_ID].direct_send_allowed = True


async def test_is_refused_where_the_account_is_not_on_the_list(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=_text())

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
    assert sandbox.world.messages == {}


@pytest.mark.usefixtures("allowed")
async def test_needs_no_window_and_makes_a_template(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    sandbox.world.settings.instant = True

    await graph.post(f"/{number}/messages", json=_text())
    await graph.post(f"/{number}/messages", json=_text())

    statuses = await receiver.wait_for("statuses", 6)
    assert [one["status"] for one in statuses[:3]] == ["sent", "delivered", "read"]
    assert statuses[0]["pricing"]["category"] == "utility"
    path = f"/{seed.WABA_ID}/message_templates?source=AUTO_GENERATED&fields=category,components"
    made = (await graph.get(path)).json()["data"]
    assert [(one["category"], one["components"]) for one in made] == [
        ("UTILITY", [{"type": "BODY", "text": "Your order has shipped."}])
    ]


@pytest.mark.usefixtures("allowed")
async def test_is_dropped_without_a_status_when_its_time_is_over(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    world = sandbox.world
    world.clock.freeze(frozen=True)
    world.people[seed.PERSON].is_online = False

    await graph.post(f"/{number}/messages", json=_text(category="authentication", ttl_seconds=30))
    world.clock.move_to(world.clock.now() + 31)
    world.people[seed.PERSON].is_online = True
    message = next(iter(world.messages.values()))

    assert message.expires_at - message.at == 30
    assert [one["status"] for one in await receiver.wait_for("statuses", 1)] == ["sent"]


@pytest.mark.usefixtures("allowed")
async def test_mixes_up_to_ten_buttons(graph: httpx.AsyncClient, number: str) -> None:
    answer = await graph.post(
        f"/{number}/messages", json=_buttons([*REPLIES, URL_BUTTON, CALL_BUTTON])
    )

    assert answer.status_code == 200, answer.text


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    ("body", "code", "details"),
    [
        (
            _text(category="marketing"),
            131009,
            "category must be one of: utility, authentication",
        ),
        (
            _text(ttl_seconds=43_201),
            131009,
            "ttl_seconds must be between 30 and 43200 for utility",
        ),
        (
            _text(category="authentication", ttl_seconds=901),
            131009,
            "ttl_seconds must be between 30 and 900 for authentication",
        ),
        (
            _text(category=None, ttl_seconds=60),
            100,
            "ttl_seconds is supported only together with category",
        ),
        (
            _text(text={"body": "x" * 1025}),
            131009,
            "Body text length invalid. Min length: 1, Max length: 1024",
        ),
        (
            _text(type="image", image={"link": LINK}),
            131009,
            "category is supported for messages of type text and interactive",
        ),
        (
            _buttons([*REPLIES, URL_BUTTON, CALL_BUTTON, URL_BUTTON]),
            131009,
            "Invalid buttons count. Min allowed buttons: 1, Max: 10",
        ),
        (
            _buttons([{"type": "smoke"}]),
            131009,
            "Button type must be one of: reply, cta_url, voice_call",
        ),
    ],
)
async def test_refuses_what_is_beyond_its_limits(
    body: Json,
    code: int,
    details: str,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    answer = await graph.post(f"/{number}/messages", json=body)

    error = answer.json()["error"]
    assert (error["code"], error["error_data"]["details"]) == (code, details)
    assert sandbox.world.messages == {}
