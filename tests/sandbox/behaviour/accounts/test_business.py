"""What a business manages around its account: settings, staff, partners, links and figures."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

WABA = f"/{seed.WABA_ID}"
STAFF = f"{WABA}/assigned_users"
BUSINESS = f"/{seed.BUSINESS_ID}"
LINK: dict[str, Any] = {
    "signup_message": "Get our offers",
    "confirmation_message": "Welcome! Your code is {{promo_code}}",
    "privacy_policy_url": "https://luckyshrub.example/privacy",
    "promo_code": "SAVE10",
    "policy": {"tos": "https://www.facebook.com/legal/terms", "accepted": True},
}

Json = dict[str, Any]


def _refusal(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_an_account_is_renamed(graph: httpx.AsyncClient) -> None:
    changed = await graph.post(WABA, json={"name": "Lucky Shrub 2", "timezone_id": "18"})

    shown = await graph.get(WABA, params={"fields": "name,timezone_id"})

    assert changed.json() == {"id": seed.WABA_ID, "success": True}
    assert shown.json() == {"name": "Lucky Shrub 2", "timezone_id": "18", "id": seed.WABA_ID}


async def test_insights_stay_on_once_they_are(
    graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    sandbox.world.wabas[seed.WABA_ID].is_enabled_for_insights = False
    await graph.post(WABA, params={"is_enabled_for_insights": "true"})

    off = await graph.post(WABA, params={"is_enabled_for_insights": "false"})

    assert _refusal(off) == (400, 200006)
    shown = await graph.get(WABA, params={"fields": "is_enabled_for_insights"})
    assert shown.json()["is_enabled_for_insights"] is True


@pytest.mark.parametrize(
    "wrong", [{}, {"name": ""}, {"timezone_id": "moon"}, {"is_enabled_for_insights": "x"}], ids=str
)
async def test_a_wrong_change_of_an_account_is_refused(
    wrong: Json, graph: httpx.AsyncClient
) -> None:
    answer = await graph.post(WABA, json=wrong)

    assert _refusal(answer) == (400, 100)


async def test_staff_is_assigned_and_dismissed(
    graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    user = sandbox.world.users[seed.USER_ID]
    user.waba_ids = ()

    assigned = await graph.post(STAFF, params={"user": user.id, "tasks": "['DEVELOP']"})
    listed = (await graph.get(STAFF, params={"business": seed.BUSINESS_ID})).json()
    dismissed = await graph.delete(STAFF, params={"user": user.id})
    left = (await graph.get(STAFF, params={"business": seed.BUSINESS_ID})).json()

    system_user = {
        "id": seed.SYSTEM_USER_ID,
        "name": "Connector System User",
        "tasks": ["MANAGE"],
    }
    assert (assigned.json(), dismissed.json()) == ({"success": True}, {"success": True})
    assert listed["data"] == [
        {"id": user.id, "name": "Robin Marsh", "tasks": ["DEVELOP"]},
        system_user,
    ]
    assert left["data"] == [system_user]


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ({"user": seed.OTHER_USER_ID, "tasks": '["MANAGE"]'}, (400, 100)),
        ({"user": "1", "tasks": '["MANAGE"]'}, (400, 100)),
        ({"user": seed.USER_ID, "tasks": '["SING"]'}, (400, 100)),
        ({"user": seed.USER_ID}, (400, 100)),
        ({"tasks": '["MANAGE"]'}, (400, 131008)),
    ],
    ids=str,
)
async def test_only_own_people_are_assigned_to_known_tasks(
    query: dict[str, str], refusal: tuple[int, int], graph: httpx.AsyncClient
) -> None:
    assert _refusal(await graph.post(STAFF, params=query)) == refusal


async def test_another_business_has_no_staff_here(graph: httpx.AsyncClient) -> None:
    answer = await graph.get(STAFF, params={"business": seed.OTHER_BUSINESS_ID})

    assert _refusal(answer) == (403, 200)


def _proof(token: str) -> str:
    return hmac.new(seed.APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()


async def test_a_system_users_token_is_made_and_fetched_again(
    graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    proof = {"appsecret_proof": _proof(seed.SYSTEM_USER_TOKEN)}
    scope = "whatsapp_business_management"
    asked = {**proof, "system_user_id": seed.SYSTEM_USER_ID, "scope": scope}

    made = await graph.post(f"{BUSINESS}/system_user_access_tokens", params=asked)
    fetched = await graph.post(
        f"{BUSINESS}/system_user_access_tokens", params={**proof, "fetch_only": "true"}
    )

    assert made.json() == fetched.json()
    token = sandbox.world.tokens[made.json()["access_token"]]
    assert (token.scopes, token.expires_at) == ({scope: frozenset({seed.WABA_ID})}, 0)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"appsecret_proof": "0" * 64}, (400, 100)),
        ({"system_user_id": seed.OTHER_SYSTEM_USER_ID}, (400, 100)),
        ({"system_user_id": seed.USER_ID}, (400, 100)),
        ({"scope": "email"}, (403, 200)),
        ({"scope": "everything"}, (400, 100)),
    ],
    ids=str,
)
async def test_a_token_grants_no_more_than_the_asking_one(
    change: dict[str, str], refusal: tuple[int, int], graph: httpx.AsyncClient
) -> None:
    asked = {
        "appsecret_proof": _proof(seed.SYSTEM_USER_TOKEN),
        "system_user_id": seed.SYSTEM_USER_ID,
        "scope": "whatsapp_business_management",
        **change,
    }

    answer = await graph.post(f"{BUSINESS}/system_user_access_tokens", params=asked)

    assert _refusal(answer) == refusal


async def test_a_client_is_invited_once(graph: httpx.AsyncClient) -> None:
    first = await graph.post(f"{BUSINESS}/onboard_partners_to_mm_lite")
    second = await graph.post(f"{BUSINESS}/onboard_partners_to_mm_lite")

    assert first.json()["request_id"].isdecimal()
    assert _refusal(second) == (400, 1752041)


async def test_accounts_of_a_business_are_filtered(graph: httpx.AsyncClient) -> None:
    path = f"{BUSINESS}/owned_whatsapp_business_accounts"
    known = '[{"field":"name","operator":"CONTAIN","value":"lucky"}]'
    unknown = '[{"field":"name","operator":"CONTAIN","value":"fern"}]'

    found = await graph.get(path, params={"filtering": known, "fields": "id"})
    nothing = await graph.get(path, params={"filtering": unknown})
    wrong = await graph.get(path, params={"filtering": "x"})

    assert [row["id"] for row in found.json()["data"]] == [seed.WABA_ID]
    assert nothing.json() == {"data": []}
    assert _refusal(wrong) == (400, 100)


async def test_a_signup_link_is_made_shown_and_switched_off(graph: httpx.AsyncClient) -> None:
    created = (await graph.post(f"{WABA}/signups", json=LINK)).json()
    link = f"/signups/{created['id']}"
    changed = await graph.post(link, json={"status": "DISABLED", "promo_code": "SAVE20"})

    shown = (await graph.get(link)).json()
    listed = (await graph.get(f"{WABA}/signups")).json()

    assert changed.json() == {"success": True, "id": created["id"]}
    assert shown == {
        "id": created["id"],
        "waba_id": seed.WABA_ID,
        "status": "DISABLED",
        "signup_message": "Get our offers",
        "confirmation_message": "Welcome! Your code is {{promo_code}}",
        "privacy_policy_url": "https://luckyshrub.example/privacy",
        "promo_code": "SAVE20",
    }
    assert listed["data"] == [shown]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"policy": None}, 2494168),
        ({"policy": {"accepted": False}}, 2494168),
        ({"policy": {"tos": "terms", "accepted": True}}, 2494177),
        ({"confirmation_message": "Hi {{name}}"}, 2494166),
        ({"promo_code": None}, 2494167),
        ({"website_url": "http://a.example"}, 2494179),
        ({"promo_code": "SAVE 10"}, 100),
        ({"signup_message": "x" * 301}, 100),
        ({"privacy_policy_url": "privacy"}, 100),
    ],
    ids=str,
)
async def test_a_wrong_signup_link_is_refused(
    change: Json, code: int, graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    answer = await graph.post(f"{WABA}/signups", json={**LINK, **change})

    assert _refusal(answer) == (400, code)
    assert sandbox.world.signups == {}


async def test_terms_are_accepted_once(graph: httpx.AsyncClient) -> None:
    await graph.post(f"{WABA}/signups", json=LINK)

    again = await graph.post(f"{WABA}/signups", json=LINK)
    without = await graph.post(f"{WABA}/signups", json={**LINK, "policy": None})

    assert _refusal(again) == (400, 2494176)
    assert without.status_code == 200


async def test_an_account_without_signups_says_so(
    graph: httpx.AsyncClient, sandbox: RunningSandbox
) -> None:
    sandbox.world.wabas[seed.WABA_ID].has_signups = False

    answer = await graph.post(f"{WABA}/signups", json=LINK)
    unknown = await graph.get("/signups/12345")

    assert (_refusal(answer), _refusal(unknown)) == ((400, 2494165), (400, 2494164))


async def _send(graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str) -> str:
    """A free text and a template, both delivered; the id of the text."""
    await controls.post("/settings", json={"instant": True})
    await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "Hi"}})
    to = {"messaging_product": "whatsapp", "to": seed.PERSON}
    template = {"name": "hello_world", "language": {"code": "en_US"}}
    text = await graph.post(f"/{number}/messages", json={**to, "text": {"body": "Hello"}})
    await graph.post(f"/{number}/messages", json={**to, "type": "template", "template": template})
    message_id: str = text.json()["messages"][0]["id"]
    return message_id


async def _delivered(sandbox: RunningSandbox, count: int) -> None:
    def done() -> bool:
        sent = [one for one in sandbox.world.messages.values() if one.is_outbound]
        return sum(len(one.statuses) >= 3 for one in sent) == count

    await until(done)


async def test_figures_count_what_was_really_sent(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _send(graph, controls, number)
    await _delivered(sandbox, 2)
    now = int(sandbox.world.clock.now())
    day = now // 86400 * 86400
    span = f"start({day}).end({now + 60})"
    priced = "dimensions([PRICING_CATEGORY,PRICING_TYPE,PHONE])"
    fields = (
        f"analytics.{span}.granularity(DAY),pricing_analytics.{span}.granularity(DAILY).{priced}"
    )

    shown = (await graph.get(WABA, params={"fields": fields})).json()

    step = {"start": day, "end": day + 86400}
    assert shown["analytics"] == {
        "phone_numbers": ["15550783881", "15550783882"],
        "country_codes": ["US"],
        "granularity": "DAY",
        "data_points": [{**step, "sent": 2, "delivered": 2}],
    }
    points = shown["pricing_analytics"]["data"][0]["data_points"]
    assert sum(point["volume"] for point in points) == 2
    assert {point["phone_number"] for point in points} == {"15550783881"}
    assert {point["pricing_category"] for point in points} >= {"SERVICE"}


async def test_conversations_are_counted_by_category(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _send(graph, controls, number)
    await _send(graph, controls, number)
    await _delivered(sandbox, 4)
    now = int(sandbox.world.clock.now())
    fields = (
        f"conversation_analytics.start({now - 60}).end({now + 60}).granularity(MONTHLY)"
        '.phone_numbers(["15550783881"]).dimensions(["CONVERSATION_CATEGORY"])'
    )

    shown = (await graph.get(WABA, params={"fields": fields})).json()

    points = shown["conversation_analytics"]["data"][0]["data_points"]
    assert {(point["conversation_category"], point["conversation"]) for point in points} == {
        ("SERVICE", 1),
        ("UTILITY", 1),
    }


@pytest.mark.parametrize(
    "field",
    [
        "analytics",
        "analytics.start(1).end(2).granularity(DAY)",
        "analytics.start(x).end(2).granularity(DAY)",
        "pricing_analytics.start(2).end(1).granularity(DAILY)",
        "analytics.start(1790000000).end(1790000001).granularity(CENTURY)",
        "call_analytics.start(1790000000).end(9790000001).granularity(DAILY).dimensions(COLOUR)",
    ],
)
async def test_figures_need_a_time_and_a_step(field: str, graph: httpx.AsyncClient) -> None:
    answer = await graph.get(WABA, params={"fields": field})

    assert _refusal(answer) == (400, 100)


async def test_what_became_of_a_message_can_be_read(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    message_id = await _send(graph, controls, number)
    await _delivered(sandbox, 2)

    one = await graph.get(f"/{number}/message_history", params={"message_id": message_id})
    every = await graph.get(f"/{number}/events", params={"limit": 100})

    row = one.json()["data"][0]
    assert (row["message_id"], [event["delivery_status"] for event in row["events"]["data"]]) == (
        message_id,
        ["SENT", "DELIVERED", "READ"],
    )
    assert len(every.json()["data"]) == 6
