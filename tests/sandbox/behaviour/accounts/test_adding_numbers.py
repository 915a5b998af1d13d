"""Numbers that come to an account: new, moved from another one, or shared with the Business app."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

NUMBERS = f"/{seed.WABA_ID}/phone_numbers"
NEW = {"cc": "1", "phone_number": "6505550100", "verified_name": "Lucky Shrub Delivery"}
PRODUCT = {"messaging_product": "whatsapp"}
DAY_S = 24 * 3600

Json = dict[str, Any]


def _refusal(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")


async def _verify(graph: httpx.AsyncClient, number_id: str) -> None:
    asked = {"code_method": "SMS", "language": "en_US"}
    for path, query in (("request_code", asked), ("verify_code", {"code": "123830"})):
        answer = await graph.post(f"/{number_id}/{path}", params=query)
        assert answer.json() == {"success": True}


async def test_a_new_number_is_confirmed_and_registered(graph: httpx.AsyncClient) -> None:
    created = (await graph.post(NUMBERS, json=NEW)).json()
    number = f"/{created['id']}"
    fields = {"fields": "display_phone_number,verified_name,code_verification_status,platform_type"}
    before = (await graph.get(number, params=fields)).json()

    await _verify(graph, created["id"])
    registered = await graph.post(f"{number}/register", json={**PRODUCT, "pin": "123456"})

    assert before == {
        "display_phone_number": "+1 650-555-0100",
        "verified_name": "Lucky Shrub Delivery",
        "code_verification_status": "NOT_VERIFIED",
        "platform_type": "NOT_APPLICABLE",
        "id": created["id"],
    }
    assert registered.json() == {"success": True}
    assert (await graph.get(number, params=fields)).json()["platform_type"] == "CLOUD_API"


async def test_a_confirmation_runs_out_after_two_weeks(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    number_id = (await graph.post(NUMBERS, json=NEW)).json()["id"]
    await _verify(graph, number_id)
    await controls.post("/clock", json={"advanceS": 14 * DAY_S})

    status = await graph.get(f"/{number_id}", params={"fields": "code_verification_status"})
    late = await graph.post(f"/{number_id}/register", json={**PRODUCT, "pin": "123456"})
    await _verify(graph, number_id)

    assert status.json()["code_verification_status"] == "EXPIRED"
    assert _refusal(late) == (400, 133006, None)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"cc": "x"}, (400, 100, None)),
        ({"phone_number": "12"}, (400, 100, None)),
        ({"cc": None}, (400, 131008, None)),
        ({"verified_name": ""}, (400, 131008, None)),
        ({"phone_number": "5550783881"}, (400, 100, 2388012)),
        ({"phone_number": "5550783999"}, (400, 100, None)),
        ({"migrate_phone_number": True}, (400, 100, 2388103)),
        ({"preverified_id": "123"}, (400, 100, 33)),
    ],
    ids=str,
)
async def test_a_wrong_number_is_not_added(
    change: Json,
    refusal: tuple[int, int, int | None],
    graph: httpx.AsyncClient,
    sandbox: RunningSandbox,
) -> None:
    before = len(sandbox.world.numbers)

    answer = await graph.post(NUMBERS, json={**NEW, **change})

    assert _refusal(answer) == refusal
    assert len(sandbox.world.numbers) == before


async def test_a_business_has_so_many_numbers(
    graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    business = sandbox.world.businesses[seed.BUSINESS_ID]
    business.is_verified = False

    answer = await graph.post(NUMBERS, json=NEW)

    error = answer.json()["error"]
    assert error["error_user_title"] == "Phone number limit reached"


async def test_a_number_moves_from_another_account(
    graph: httpx.AsyncClient, receiver: Receiver, sandbox: RunningSandbox
) -> None:
    old = sandbox.world.numbers[seed.OTHER_PHONE_NUMBER_ID]
    moved = {"cc": "1", "phone_number": "5550783999", "migrate_phone_number": True}
    protected = await graph.post(NUMBERS, json=moved)
    old.pin = None

    created = (await graph.post(NUMBERS, json=moved)).json()
    await _verify(graph, created["id"])
    await graph.post(f"/{created['id']}/register", json={**PRODUCT, "pin": "123456"})

    assert _refusal(protected) == (400, 100, 2388001)
    new = sandbox.world.numbers[created["id"]]
    assert (new.verified_name, new.is_registered) == ("Blue Fern", True)
    assert (old.is_registered, old.has_moved) == (False, True)


async def _coexist(controls: httpx.AsyncClient) -> None:
    choice = {"featureType": "whatsapp_business_app_onboarding"}
    answer = await controls.post("/signup", json=choice)
    assert answer.status_code == 201, answer.text


async def test_a_number_of_the_business_app_hands_over_its_contacts_once(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver
) -> None:
    await _coexist(controls)
    sync = {**PRODUCT, "sync_type": "smb_app_state_sync"}

    first = await graph.post(f"/{seed.PHONE_NUMBER_ID}/smb_app_data", json=sync)
    second = await graph.post(f"/{seed.PHONE_NUMBER_ID}/smb_app_data", json=sync)

    body = first.json()
    assert body.pop("request_id").isdecimal()
    assert body == PRODUCT
    assert _refusal(second) == (400, 2593107, None)
    contacts = await receiver.wait_for("state_sync", 2)
    assert contacts[0]["contact"] == {
        "full_name": "Sheena Nelson",
        "first_name": "Sheena",
        "phone_number": seed.PERSON,
    }


async def test_a_number_of_the_business_app_hands_over_its_history(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver
) -> None:
    await _coexist(controls)
    await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "Hello"}})
    await receiver.wait_for("messages", 1)

    await graph.post(
        f"/{seed.PHONE_NUMBER_ID}/smb_app_data", json={**PRODUCT, "sync_type": "history"}
    )

    chunks = await receiver.wait_for("history", 3)
    assert [chunk["metadata"] for chunk in chunks] == [
        {"phase": 0, "chunk_order": 1, "progress": 33},
        {"phase": 1, "chunk_order": 1, "progress": 66},
        {"phase": 2, "chunk_order": 1, "progress": 100},
    ]
    thread = chunks[0]["threads"][0]
    message = thread["messages"][0]
    assert thread["id"] == seed.PERSON
    assert (message["from"], message["text"], message["history_context"]) == (
        seed.PERSON,
        {"body": "Hello"},
        {"status": "READ"},
    )


async def test_a_history_that_is_kept_back_is_told(
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    sandbox: RunningSandbox,
) -> None:
    await _coexist(controls)
    sandbox.world.numbers[seed.PHONE_NUMBER_ID].shares_history = False

    await graph.post(
        f"/{seed.PHONE_NUMBER_ID}/smb_app_data", json={**PRODUCT, "sync_type": "history"}
    )

    told = await receiver.wait_for("history", 1)
    assert [error["code"] for error in told[0]["errors"]] == [2593109]


async def test_a_synchronisation_has_a_day(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    path = f"/{seed.PHONE_NUMBER_ID}/smb_app_data"
    other = await graph.post(path, json={**PRODUCT, "sync_type": "history"})
    await _coexist(controls)
    await controls.post("/clock", json={"advanceS": DAY_S + 1})

    late = await graph.post(path, json={**PRODUCT, "sync_type": "history"})

    assert (_refusal(other), _refusal(late)) == ((400, 100, None), (400, 2593108, None))


@pytest.mark.parametrize("path", ["register", "deregister"])
async def test_a_number_of_the_business_app_registers_itself(
    path: str, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await _coexist(controls)

    answer = await graph.post(f"/{seed.PHONE_NUMBER_ID}/{path}", json={**PRODUCT, "pin": seed.PIN})
    shown = await graph.get(
        f"/{seed.PHONE_NUMBER_ID}", params={"fields": "is_on_biz_app,platform_type"}
    )

    assert _refusal(answer) == (400, 100, None)
    assert shown.json() == {
        "is_on_biz_app": True,
        "platform_type": "CLOUD_API",
        "id": seed.PHONE_NUMBER_ID,
    }
