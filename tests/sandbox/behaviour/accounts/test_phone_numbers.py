"""Business phone numbers: fields, lists, verification, registration and its limits."""

from __future__ import annotations

import json

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

NUMBER = f"/{seed.PHONE_NUMBER_ID}"
HOUR_S = 3600


async def _register(graph: httpx.AsyncClient, pin: str = seed.PIN) -> httpx.Response:
    body = {"messaging_product": "whatsapp", "pin": pin}
    return await graph.post(f"{NUMBER}/register", json=body)


async def _platform(graph: httpx.AsyncClient) -> str:
    answer = await graph.get(NUMBER, params={"fields": "platform_type"})
    platform: str = answer.json()["platform_type"]
    return platform


def _refusal(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_registering_puts_the_number_on_the_cloud_api(graph: httpx.AsyncClient) -> None:
    before = await _platform(graph)

    answer = await _register(graph)

    assert before == "NOT_APPLICABLE"
    assert answer.json() == {"success": True}
    assert await _platform(graph) == "CLOUD_API"


async def test_registering_again_with_the_same_pin_succeeds(graph: httpx.AsyncClient) -> None:
    await _register(graph)

    assert (await _register(graph)).json() == {"success": True}


async def test_the_first_registration_sets_the_pin(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    sandbox.world.numbers[seed.PHONE_NUMBER_ID].pin = None
    await _register(graph, "123456")

    answer = await _register(graph, "654321")

    assert _refusal(answer) == (400, 133005)


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345a", "", "١٢٣٤٥٦"])
async def test_a_pin_has_six_digits(pin: str, graph: httpx.AsyncClient) -> None:
    answer = await _register(graph, pin)

    assert _refusal(answer) == (400, 131008 if pin == "" else 100)
    assert await _platform(graph) == "NOT_APPLICABLE"


async def test_wrong_pins_lock_the_number_for_a_while(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    guesses = [_refusal(await _register(graph, f"11111{guess}")) for guess in range(5)]
    locked = await _register(graph)
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 301)
    after = await _register(graph)

    assert guesses == [(400, 133005)] * 4 + [(400, 133008)]
    assert _refusal(locked) == (400, 133008)
    assert after.json() == {"success": True}


async def test_ten_registrations_in_three_days_are_enough(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    allowed = [(await _register(graph)).status_code for _ in range(10)]
    refused = await _register(graph)
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 71 * HOUR_S)
    still = await _register(graph)
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 2 * HOUR_S)
    after = await _register(graph)

    assert allowed == [200] * 10
    assert _refusal(refused) == _refusal(still) == (400, 133016)
    assert after.json() == {"success": True}


async def test_deregistering_takes_the_number_off(graph: httpx.AsyncClient) -> None:
    await _register(graph)

    answer = await graph.post(f"{NUMBER}/deregister")

    assert answer.json() == {"success": True}
    assert await _platform(graph) == "NOT_APPLICABLE"
    assert _refusal(await graph.post(f"{NUMBER}/deregister")) == (400, 133010)


async def test_an_unverified_number_is_verified_before_it_is_registered(
    graph: httpx.AsyncClient,
) -> None:
    number = f"/{seed.UNVERIFIED_PHONE_NUMBER_ID}"
    registration = {"messaging_product": "whatsapp", "pin": "111222"}

    early = await graph.post(f"{number}/register", json=registration)
    code = {"code_method": "SMS", "language": "en_US"}
    requested = await graph.post(f"{number}/request_code", json=code)
    wrong = await graph.post(f"{number}/verify_code", json={"code": "000000"})
    verified = await graph.post(f"{number}/verify_code", json={"code": "123830"})
    late = await graph.post(f"{number}/register", json=registration)

    assert _refusal(early) == (400, 133006)
    assert _refusal(wrong) == (400, 136025)
    assert [answer.json() for answer in (requested, verified, late)] == [{"success": True}] * 3


async def test_setting_the_pin_replaces_it(graph: httpx.AsyncClient) -> None:
    await graph.post(NUMBER, json={"pin": "424242"})

    assert _refusal(await _register(graph)) == (400, 133005)
    assert (await _register(graph, "424242")).json() == {"success": True}


async def test_a_node_gives_only_the_fields_that_were_asked_for(graph: httpx.AsyncClient) -> None:
    answer = await graph.get(NUMBER, params={"fields": "verified_name,status"})

    assert answer.json() == {
        "verified_name": "Lucky Shrub",
        "status": "PENDING",
        "id": seed.PHONE_NUMBER_ID,
    }


async def test_an_unknown_field_is_refused(graph: httpx.AsyncClient) -> None:
    answer = await graph.get(NUMBER, params={"fields": "verified_name,foo"})

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == (
        "(#100) Tried accessing nonexisting field (foo) on node type (WhatsAppBusinessPhoneNumber)"
    )


@pytest.mark.parametrize("fields", ["a{", "a,,b", "a}", "{}", "a{b{c{d{e{f{g}}}}}}"])
async def test_a_broken_field_list_is_refused(fields: str, graph: httpx.AsyncClient) -> None:
    answer = await graph.get(NUMBER, params={"fields": fields})

    assert _refusal(answer) == (400, 2500)


async def test_a_list_has_pages(graph: httpx.AsyncClient) -> None:
    numbers = f"/{seed.WABA_ID}/phone_numbers"

    first = (await graph.get(numbers, params={"fields": "id", "limit": 1})).json()
    second = (await graph.get(first["paging"]["next"])).json()
    back = (await graph.get(second["paging"]["previous"])).json()

    assert first["data"] == [{"id": seed.PHONE_NUMBER_ID}]
    assert second["data"] == [{"id": seed.UNVERIFIED_PHONE_NUMBER_ID}]
    assert "next" not in second["paging"]
    assert back["data"] == first["data"]
    assert "access_token" not in first["paging"]["next"]


async def test_a_list_is_filtered(graph: httpx.AsyncClient) -> None:
    rule = [{"field": "code_verification_status", "operator": "EQUAL", "value": "VERIFIED"}]
    parameters = {"fields": "id", "filtering": json.dumps(rule)}

    answer = await graph.get(f"/{seed.WABA_ID}/phone_numbers", params=parameters)

    assert answer.json()["data"] == [{"id": seed.PHONE_NUMBER_ID}]


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "-1"},
        {"limit": "many"},
        {"after": "bm9ib2R5"},
        {"after": "%%%"},
        {"filtering": "{"},
        {"filtering": "[1]"},
        {"filtering": '[{"field":"foo","operator":"EQUAL","value":1}]'},
    ],
)
async def test_a_list_refuses_nonsense(
    parameters: dict[str, str], graph: httpx.AsyncClient
) -> None:
    answer = await graph.get(f"/{seed.WABA_ID}/phone_numbers", params=parameters)

    assert _refusal(answer) == (400, 100)


async def test_an_empty_list_has_no_paging(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    sandbox.world.numbers.clear()

    answer = await graph.get(f"/{seed.WABA_ID}/phone_numbers")

    assert answer.json() == {"data": []}
