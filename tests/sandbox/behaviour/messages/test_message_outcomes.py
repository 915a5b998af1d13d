"""What becomes of an accepted message: failures of every kind, and the ways it is read."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from importlib import resources
from typing import Any

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from appmixer.sandbox.testing import Receiver, RunningSandbox, serving
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Media, Person

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
DOCUMENTED = resources.files("appmixer.sandbox").joinpath("fixtures", "webhooks")
LINK = "https://www.luckyshrub.example/a"


def _send(kind: str, content: object, **more: Any) -> Json:
    return {
        "messaging_product": "whatsapp",
        "to": f"+{seed.PERSON}",
        "type": kind,
        kind: content,
        **more,
    }


TEXT = _send("text", {"body": "Hello"})
MARKETING = _send(
    "template",
    {
        "name": "spring_sale",
        "language": {"code": "en_US"},
        "components": [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "first_name", "text": "Sheena"},
                    {"type": "text", "parameter_name": "discount", "text": "25%"},
                ],
            }
        ],
    },
)


@pytest.fixture
async def person(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> Person:
    """Somebody who has just written: the window is open, and statuses come at once."""
    sandbox.world.settings.instant = True
    await controls.post(
        f"/people/{seed.PERSON}/messages", json={"type": "text", "text": {"body": "Hi"}}
    )
    return sandbox.world.people[seed.PERSON]


async def _accepted(graph: httpx.AsyncClient, number: str, body: Json) -> str:
    answer = await graph.post(f"/{number}/messages", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["messages"][0]["id"])


async def _failure(receiver: Receiver, message_id: str) -> tuple[int, str]:
    await receiver.wait_for("statuses", 1)
    statuses = [one for one in receiver.items("statuses") if one["id"] == message_id]
    assert [one["status"] for one in statuses] == ["failed"]
    error = statuses[0]["errors"][0]
    return error["code"], error["error_data"]["details"]


async def _names(receiver: Receiver, count: int) -> list[str]:
    return [one["status"] for one in await receiver.wait_for("statuses", count)]


@pytest.mark.parametrize(
    "code", [130472, 130497, 131000, 131026, 131031, 131042, 131048, 131049, 131053, 131057, 132069]
)
async def test_the_next_messages_to_a_person_fail_as_told(
    code: int,
    person: Person,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    change = {"failNext": {"code": code, "count": 2}}

    shown = await controls.patch(f"/people/{seed.PERSON}", json=change)
    for _ in range(3):
        await _accepted(graph, number, TEXT)

    assert shown.json()["failNext"] == {"code": code, "count": 2, "details": None}
    statuses = await receiver.wait_for("statuses", 5)
    assert [one.get("errors", [{}])[0].get("code") for one in statuses] == [code, code, *[None] * 3]
    assert person.fail_next is None


@pytest.mark.parametrize(
    "name", sorted(path.name for path in DOCUMENTED.iterdir() if "statuses.failed." in path.name)
)
async def test_a_failed_status_looks_as_documented(
    name: str,
    person: Person,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    body = json.loads(DOCUMENTED.joinpath(name).read_text())
    documented: Json = body["entry"][0]["changes"][0]["value"]["statuses"][0]
    change = {"failNext": {"code": documented["errors"][0]["code"]}}
    await controls.patch(f"/people/{seed.PERSON}", json=change)

    sent = await _accepted(graph, number, TEXT)

    (status,) = await receiver.wait_for("statuses", 1)
    assert status == {
        **documented,
        "id": sent,
        "timestamp": status["timestamp"],
        "recipient_user_id": seed.PERSON_BSUID,
    }


async def test_a_failure_can_be_called_off_and_must_be_one_of_metas(
    person: Person, controls: httpx.AsyncClient
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"failNext": {"code": 131026}})

    unknown = await controls.patch(f"/people/{seed.PERSON}", json={"failNext": {"code": 99}})
    called_off = await controls.patch(f"/people/{seed.PERSON}", json={"failNext": None})

    assert (unknown.status_code, unknown.json()) == (
        422,
        {"detail": "Meta's list of errors has no code 99."},
    )
    assert (called_off.json()["failNext"], person.fail_next) == (None, None)


async def test_a_business_cannot_reach_whom_it_has_blocked(
    person: Person,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    sandbox.world.numbers[number].blocked[seed.PERSON] = 0.0

    sent = await _accepted(graph, number, TEXT)

    assert (await _failure(receiver, sent))[0] == 130403


async def test_a_message_for_another_identity_is_not_delivered(
    person: Person,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    url = f"/people/{seed.PERSON}"
    known = (await controls.patch(url, json={"identityKeyHash": "first="})).json()
    ours = {**TEXT, "recipient_identity_key_hash": known["identityKeyHash"]}

    await _accepted(graph, number, ours)
    before = await _names(receiver, 3)
    await controls.patch(url, json={"identityKeyHash": "second="})
    sent = await _accepted(graph, number, ours)

    assert (known["identityKeyHash"], before) == ("first=", ["sent", "delivered", "read"])
    await receiver.wait_for("statuses", 4)
    assert (await _failure(receiver, sent))[0] == 137000


async def test_who_stopped_marketing_gets_none_and_the_business_hears_of_it(
    person: Person,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"stopsMarketing": [number]})
    sent = await _accepted(graph, number, MARKETING)
    code, _ = await _failure(receiver, sent)
    await controls.patch(f"/people/{seed.PERSON}", json={"stopsMarketing": []})

    preferences = await receiver.wait_for("user_preferences", 2)
    assert code == 131050
    assert [(one["wa_id"], one["value"], one["category"]) for one in preferences] == [
        (seed.PERSON, "stop", "marketing_messages"),
        (seed.PERSON, "resume", "marketing_messages"),
    ]


async def test_marketing_has_a_cap_outside_a_window_only(
    person: Person,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    world = sandbox.world
    world.settings.marketing_cap = 1
    world.clock.freeze(frozen=True)

    in_window = [await _accepted(graph, number, MARKETING) for _ in range(2)]
    world.clock.move_to(world.clock.now() + 86400)
    outside = [await _accepted(graph, number, MARKETING) for _ in range(2)]
    world.clock.move_to(world.clock.now() + 86400)
    next_day = await _accepted(graph, number, MARKETING)

    statuses = await receiver.wait_for("statuses", 13)
    failed = [(one["id"], one["errors"][0]["code"]) for one in statuses if "errors" in one]
    assert failed == [(outside[1], 131049)]
    assert {*in_window, outside[0], next_day} == {
        one["id"] for one in statuses if one["status"] == "read"
    }


async def _react(graph: httpx.AsyncClient, number: str, target: str, emoji: str = "🌱") -> str:
    return await _accepted(graph, number, _send("reaction", {"message_id": target, "emoji": emoji}))


async def test_a_reaction_needs_a_message_that_is_there_and_not_too_old(
    person: Person,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    world = sandbox.world
    target = person.chat[0].id

    reaction = await _react(graph, number, target)
    removal = await _react(graph, number, target, "")
    bad = [await _react(graph, number, reaction), await _react(graph, number, "wamid.unknown")]
    world.clock.move_to(world.clock.now() + 30 * 86400 + 1)
    inbound = {"type": "text", "text": {"body": "Hi"}}
    await controls.post(f"/people/{seed.PERSON}/messages", json=inbound)
    bad.append(await _react(graph, number, target))

    statuses = await receiver.wait_for("statuses", 9)
    failed = [(one["id"], one["errors"][0]["code"]) for one in statuses if "errors" in one]
    assert failed == [(one, 131009) for one in bad]
    assert [one["id"] for one in statuses if one["status"] == "read"] == [reaction, removal]


async def test_a_quote_of_something_gone_arrives_without_it(
    person: Person, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    known = {"message_id": person.chat[0].id}

    with_quote = await _accepted(graph, number, {**TEXT, "context": known})
    without = await _accepted(graph, number, {**TEXT, "context": {"message_id": "wamid.gone"}})

    messages = sandbox.world.messages
    assert (messages[with_quote].context, messages[without].context) == (known, None)


def _stored(sandbox: RunningSandbox, number: str, mime_type: str, content: bytes) -> str:
    later = sandbox.world.clock.now() + 1000
    sandbox.world.media["71"] = Media("71", number, content, mime_type, later, "00")
    return "71"


MOVING = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02"


@pytest.mark.parametrize(
    ("kind", "more", "mime_type", "content", "reason"),
    [
        (
            "video",
            {},
            "image/jpeg",
            b"x",
            "Unsupported Video mime type image/jpeg. Please use one of video/mp4, video/3gpp.",
        ),
        (
            "audio",
            {"voice": True},
            "audio/mpeg",
            b"x",
            "Unsupported Audio mime type audio/mpeg. Please use one of audio/ogg, audio/opus.",
        ),
        (
            "sticker",
            {},
            "image/webp",
            b"x" * 102_401,
            "The file has 102401 bytes; a message of type sticker may have 102400.",
        ),
        (
            "sticker",
            {},
            "image/webp",
            MOVING + b"x" * 512_000,
            "The file has 512021 bytes; a message of type sticker may have 512000.",
        ),
    ],
)
async def test_a_file_that_does_not_suit_its_type_fails_later(
    kind: str,
    more: Json,
    mime_type: str,
    content: bytes,
    reason: str,
    person: Person,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    media_id = _stored(sandbox, number, mime_type, content)

    sent = await _accepted(graph, number, _send(kind, {"id": media_id, **more}))

    assert await _failure(receiver, sent) == (131053, reason)


async def test_an_animated_sticker_may_be_larger(
    person: Person,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    media_id = _stored(sandbox, number, "image/webp", MOVING + b"x" * 300_000)

    await _accepted(graph, number, _send("sticker", {"id": media_id}))

    assert await _names(receiver, 3) == ["sent", "delivered", "read"]


async def _file_server(scope: Scope, receive: Receive, send: Send) -> None:
    answers = {
        "/fine.jpg": Response(b"jpeg", media_type="image/jpeg"),
        "/page.html": Response(b"<html>", media_type="text/html"),
    }
    answer = answers.get(scope.get("path", ""), Response(b"", 404))
    if scope["type"] == "http":
        await answer(scope, receive, send)
        return
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


@pytest.fixture
async def files() -> AsyncGenerator[str]:
    async with serving(_file_server) as url:
        yield url


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (
            "/missing.jpg",
            "Downloading media from weblink failed with http code 404, status message Not Found",
        ),
        (
            "/page.html",
            "Unsupported Image mime type text/html. Please use one of image/jpeg, image/png.",
        ),
    ],
)
async def test_links_are_fetched_where_a_setting_asks_for_it(
    path: str,
    reason: str,
    files: str,
    person: Person,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    sandbox.world.settings.fetch_links = True

    fine = await _accepted(graph, number, _send("image", {"link": f"{files}/fine.jpg"}))
    bad = await _accepted(graph, number, _send("image", {"link": files + path}))

    statuses = await receiver.wait_for("statuses", 4)
    assert [one["status"] for one in statuses if one["id"] == fine] == ["sent", "delivered", "read"]
    assert await _failure(receiver, bad) == (131053, reason)


async def test_a_link_that_is_not_fetched_is_believed(
    person: Person, graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    await _accepted(graph, number, _send("image", {"link": f"{LINK}.jpg"}))

    assert await _names(receiver, 3) == ["sent", "delivered", "read"]


async def test_a_message_into_an_open_chat_is_read_at_once(
    person: Person,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"openChats": [number]})

    await _accepted(graph, number, TEXT)

    statuses = await receiver.wait_for("statuses", 2)
    assert [one["status"] for one in statuses] == ["sent", "read"]
    assert ["pricing" in one for one in statuses] == [True, True]


async def test_opening_a_chat_reads_what_has_arrived(
    person: Person,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    sandbox.world.settings.instant = False
    sandbox.world.settings.status_delays_s.read = 9999
    await _accepted(graph, number, TEXT)
    before = await _names(receiver, 2)

    await controls.patch(f"/people/{seed.PERSON}", json={"openChats": [number]})

    assert before == ["sent", "delivered"]
    assert await _names(receiver, 3) == ["sent", "delivered", "read"]


async def test_a_voice_message_is_played(
    person: Person,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    media_id = _stored(sandbox, number, "audio/ogg", b"OggS")

    await _accepted(graph, number, _send("audio", {"id": media_id, "voice": True}))

    assert await _names(receiver, 4) == ["sent", "delivered", "read", "played"]


async def test_whoever_came_from_an_ad_is_answered_free_of_charge(
    person: Person,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    world = sandbox.world
    world.clock.freeze(frozen=True)
    referral = {"source_type": "ad", "source_id": "1", "source_url": LINK}
    written = {"type": "text", "text": {"body": "Hi"}, "referral": referral}
    await controls.post(f"/people/{seed.PERSON}/messages", json=written)

    await _accepted(graph, number, TEXT)
    answered_at = world.clock.now()
    world.clock.move_to(answered_at + 71 * 3600)
    await _accepted(graph, number, MARKETING)
    world.clock.move_to(answered_at + 73 * 3600)
    await _accepted(graph, number, MARKETING)

    statuses = [one for one in await receiver.wait_for("statuses", 9) if one["status"] == "sent"]
    free: Json = {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_entry_point",
        "category": "referral_conversion",
    }
    paid = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
    conversation = statuses[0]["conversation"]
    assert [one["pricing"] for one in statuses] == [free, free, paid]
    assert conversation == {
        "id": conversation["id"],
        "expiration_timestamp": str(int(answered_at + 72 * 3600)),
        "origin": {"type": "referral_conversion"},
    }
    assert [one.get("conversation") for one in statuses[1:]] == [conversation, None]


async def test_realistic_people_take_their_time(
    person: Person, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    world = sandbox.world
    world.settings.instant = False
    world.settings.timing = "realistic"
    world.clock.freeze(frozen=True)

    sent = world.messages[await _accepted(graph, number, TEXT)]
    world.clock.move_to(world.clock.now() + 300)

    waits = [round(at - sent.at, 3) for _, at in sent.statuses]
    assert [name for name, _ in sent.statuses] == ["sent", "delivered", "read"]
    assert 0.1 <= waits[0] <= 1.0 < waits[2]
    assert waits[0] + 0.3 <= waits[1] <= waits[0] + 4.0
    assert waits[1] + 2.0 <= waits[2] <= waits[1] + 90.0


async def test_a_parent_user_id_reaches_the_same_person(
    person: Person,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    parent = "US.ENT.11815799212886844830"
    await controls.patch(f"/people/{seed.PERSON}", json={"parentBsuid": parent})
    request = {**TEXT, "recipient": parent}
    del request["to"]

    # The app's list of recipients holds phone numbers; a person is on it with every id.
    answer = await graph.post(f"/{number}/messages", json=request)

    assert answer.json()["contacts"] == [{"input": parent, "user_id": parent}]
    statuses = await receiver.wait_for("statuses", 3)
    assert {one["recipient_parent_user_id"] for one in statuses} == {parent}


@pytest.mark.parametrize(
    ("payment", "body", "expected"),
    [
        ("valid", TEXT, ["sent", "delivered", "read"]),
        ("failed", TEXT, ["failed"]),
        ("silent", TEXT, ["sent"]),
        ("silent", MARKETING, ["failed"]),
    ],
)
async def test_without_a_payment_method_nothing_that_is_charged_arrives(
    payment: str,
    body: Json,
    expected: list[str],
    person: Person,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    await controls.post("/settings", json={"payment": payment})

    sent = await _accepted(graph, number, body)

    statuses = await receiver.wait_for("statuses", len(expected))
    await controls.post("/clock", json={"advanceS": 3600})
    assert [each["status"] for each in receiver.items("statuses")] == expected
    assert {each["id"] for each in statuses} == {sent}
    codes = [each["errors"][0]["code"] for each in statuses if "errors" in each]
    assert codes == [131042] * expected.count("failed")
    shown = [each for each in person.chat if each.is_outbound]
    arrived = [name for each in shown for name, _ in each.statuses if name == "delivered"]
    assert arrived == (["delivered"] if payment == "valid" else [])


@pytest.mark.parametrize(("payment", "state"), [("valid", "AVAILABLE"), ("silent", "BLOCKED")])
async def test_the_health_of_number_and_account_tells_of_a_missing_payment_method(
    payment: str,
    state: str,
    person: Person,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await controls.post("/settings", json={"payment": payment})

    for node in (number, seed.WABA_ID):
        answer = await graph.get(f"/{node}", params={"fields": "health_status"})
        health = answer.json()["health_status"]
        [waba] = [each for each in health["entities"] if each["entity_type"] == "WABA"]
        assert (health["can_send_message"], waba["can_send_message"]) == (state, state)
        told = [each["possible_solution"] for each in waba.get("errors", ())]
        assert bool(told) == (state == "BLOCKED")
