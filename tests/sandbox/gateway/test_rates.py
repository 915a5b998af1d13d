"""How much may be sent and asked: throughput, pair rate, people per day, calls per hour."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Person

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
TEMPLATE: Json = {"name": "hello_world", "language": {"code": "en_US"}}


def _text(to: str = seed.PERSON) -> Json:
    return {
        "messaging_product": "whatsapp",
        "to": f"+{to}",
        "type": "text",
        "text": {"body": "Hello"},
    }


def _template(to: str) -> Json:
    return {**_text(to), "type": "template", "template": TEMPLATE}


def _crowd(sandbox: RunningSandbox, size: int) -> list[str]:
    """Strangers, in a world that is live."""
    sandbox.world.settings.mode = "live"
    numbers = [f"1650556{index:04d}" for index in range(size)]
    for wa_id in numbers:
        sandbox.world.add_person(Person(wa_id, f"US.{wa_id}", "Somebody"))
    return numbers


def _freeze(sandbox: RunningSandbox) -> None:
    sandbox.world.clock.freeze(frozen=True)


def _advance(sandbox: RunningSandbox, seconds: float) -> None:
    sandbox.world.clock.move_to(sandbox.world.clock.now() + seconds)


async def _codes(graph: httpx.AsyncClient, number: str, bodies: list[Json]) -> list[int]:
    """0 for each send that was accepted, Meta's code for each that was not."""
    codes: list[int] = []
    for body in bodies:
        answer = await graph.post(f"/{number}/messages", json=body)
        codes.append(answer.json().get("error", {}).get("code", 0))
    return codes


@pytest.mark.parametrize(
    ("level", "is_on_biz_app", "per_second"), [("STANDARD", False, 80), ("HIGH", True, 20)]
)
async def test_a_number_sends_so_many_messages_a_second(
    level: str,
    is_on_biz_app: bool,
    per_second: int,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    number: str,
) -> None:
    _freeze(sandbox)
    people = _crowd(sandbox, per_second + 1)
    sender = sandbox.world.numbers[number]
    sender.throughput, sender.is_on_biz_app = level, is_on_biz_app

    codes = await _codes(graph, number, [_text(to) for to in people])
    _advance(sandbox, 1)
    later = await _codes(graph, number, [_text(people[-1])])

    assert codes == [0] * per_second + [130429]
    assert later == [0]


async def test_an_upgraded_number_sends_a_thousand(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    _freeze(sandbox)
    sandbox.world.numbers[number].throughput = "HIGH"

    codes = await _codes(graph, number, [_text(to) for to in _crowd(sandbox, 90)])

    assert codes == [0] * 90


async def test_what_people_write_uses_the_same_throughput(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    _freeze(sandbox)
    inbound = {"type": "text", "text": {"body": "Hi"}, "count": 80}

    await controls.post(f"/people/{seed.PERSON}/messages", json=inbound)

    assert await _codes(graph, number, [_text()]) == [130429]


async def test_one_person_gets_forty_five_at_once_and_then_one_in_six_seconds(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    _freeze(sandbox)

    burst = await _codes(graph, number, [_text()] * 46)
    others = await _codes(graph, number, [_text(seed.OTHER_PERSON)])
    _advance(sandbox, 6)
    afterwards = await _codes(graph, number, [_text()] * 2)
    _advance(sandbox, 45 * 6)
    rested = await _codes(graph, number, [_text()] * 45)

    assert burst == [0] * 45 + [131056]
    assert others == [0]
    assert afterwards == [0, 131056]
    assert rested == [0] * 45


async def test_a_refused_message_leaves_no_trace(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    _freeze(sandbox)

    await _codes(graph, number, [_text()] * 50)

    assert len(sandbox.world.messages) == 45


async def test_rates_can_be_switched_off(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    _freeze(sandbox)
    await controls.post("/settings", json={"rates": "off"})

    assert await _codes(graph, number, [_text()] * 100) == [0] * 100


async def test_a_portfolio_writes_first_to_so_many_people_a_day(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    people = _crowd(sandbox, 52)
    sandbox.world.settings.instant = True
    sandbox.world.businesses[seed.BUSINESS_ID].messaging_limit = "TIER_50"
    # Somebody with an open window is no one to write to first, and is not counted.
    sandbox.world.conversation(
        sandbox.world.numbers[number], sandbox.world.people[people[0]]
    ).last_inbound_at = sandbox.world.clock.now()

    bodies = [_template(to) for to in (*people, people[1])]
    codes = await _codes(graph, number, bodies)
    _advance(sandbox, 24 * 3600)
    codes += await _codes(graph, number, [_template(people[-1])])

    def failed() -> list[int]:
        errors = [
            status["errors"][0] for status in receiver.items("statuses") if "errors" in status
        ]
        return [error["code"] for error in errors]

    assert codes == [0] * 54
    await receiver.wait_for("statuses", 54 * 3 - 2)
    assert failed() == [131048]


async def test_a_person_is_asked_for_calls_once_a_day_and_twice_a_week(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    _freeze(sandbox)
    sandbox.world.numbers[number].settings.calling["status"] = "ENABLED"
    kind = "call_permission_request"
    interactive = {"type": kind, "body": {"text": "May we call?"}, "action": {"name": kind}}
    request = {**_text(), "type": "interactive", "interactive": interactive}

    first = await _codes(graph, number, [request, request])
    _advance(sandbox, 86400)
    second = await _codes(graph, number, [request])
    _advance(sandbox, 86400)
    third = await _codes(graph, number, [request])
    _advance(sandbox, 5 * 86400)
    fourth = await _codes(graph, number, [request])

    assert [first, second, third, fourth] == [[0, 138009], [0], [138009], [0]]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/{seed.WABA_ID}", 80007),
        (f"/{seed.WABA_ID}/subscribed_apps", 80007),
        (f"/{seed.WABA_ID}/phone_numbers", 80008),
        (f"/{seed.WABA_ID}/message_templates", 80008),
        (f"/{seed.PHONE_NUMBER_ID}", 80008),
    ],
)
async def test_an_account_without_numbers_takes_two_hundred_calls_an_hour(
    path: str, code: int, sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    _freeze(sandbox)
    for _ in range(200):
        assert (await graph.get(path)).status_code == 200

    refused = await graph.get(path)
    _advance(sandbox, 3600)
    later = await graph.get(path)

    usage = json.loads(refused.headers["X-Business-Use-Case-Usage"])
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert usage == {
        seed.WABA_ID: [
            {
                "type": "whatsapp",
                "call_count": 100,
                "total_cputime": 100,
                "total_time": 100,
                "estimated_time_to_regain_access": 60,
            }
        ]
    }
    assert later.status_code == 200


async def test_an_active_account_takes_more_and_says_how_much_is_used(
    graph: httpx.AsyncClient, number: str
) -> None:
    for _ in range(249):
        await graph.get(f"/{seed.WABA_ID}")

    answer = await graph.get(f"/{seed.WABA_ID}")

    assert answer.status_code == 200
    usage = json.loads(answer.headers["X-Business-Use-Case-Usage"])
    assert usage[seed.WABA_ID][0]["call_count"] == 5


async def test_sending_is_not_among_the_counted_calls(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=_text())

    assert answer.status_code == 200
    assert answer.headers["X-Business-Use-Case-Usage"].startswith(f'{{"{seed.WABA_ID}":')
    assert sum(len(times) for times in sandbox.world.limits.calls.values()) == 0


async def test_calls_without_an_account_count_for_the_app(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    _freeze(sandbox)
    answers = [await graph.get("/me") for _ in range(401)]

    assert [answer.status_code for answer in answers] == [200] * 400 + [400]
    assert answers[-1].json()["error"]["code"] == 4
    assert json.loads(answers[-1].headers["X-App-Usage"])["call_count"] == 100
