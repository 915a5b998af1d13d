"""Every documented webhook on demand, made to fit the world it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.documents.examples import examples
from appmixer.sandbox.testing import Receiver, RunningSandbox, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
FIXTURES = Path(__file__).parents[4] / "sandbox" / "fixtures"
BODIES = {file.stem: json.loads(file.read_text()) for file in FIXTURES.glob("webhooks/*.json")}


async def _trigger(controls: httpx.AsyncClient, event: str, **more: Any) -> Json:
    answer = await controls.post("/trigger", json={"event": event, **more})
    assert answer.status_code == 202, answer.text
    told: Json = answer.json()
    return told


def _shape(value: Any) -> Any:
    """What a body looks like: its keys and kinds, without its values."""
    if isinstance(value, dict):
        return {key: _shape(part) for key, part in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_shape(part) for part in value]  # pyright: ignore[reportUnknownVariableType]
    return type(value).__name__


def _first_value(post: bytes) -> Json:
    value: Json = json.loads(post)["entry"][0]["changes"][0]["value"]
    return value


async def test_the_index_names_every_body_and_nothing_else(controls: httpx.AsyncClient) -> None:
    listed = (await controls.get("/trigger")).json()["events"]

    assert sorted(each["name"] for each in listed) == sorted(BODIES)
    assert len(listed) == 168
    assert [each for each in listed if not each["description"] or not each["source"]] == []
    assert {each["confidence"] for each in listed} == {"documented", "observed", "derived"}


async def test_every_event_arrives_signed_with_the_documented_shape(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"userIds": False})
    shapes: dict[str, Any] = {}

    for name in examples():
        already = len(receiver.posts)
        await _trigger(controls, name)
        await until(lambda seen=already: len(receiver.posts) > seen)  # type: ignore[misc]
        shapes[name] = _shape(json.loads(receiver.posts[-1].body))

    assert all(post.is_signed_with(seed.APP_SECRET) for post in receiver.posts)
    assert len(receiver.posts) == len(BODIES)
    assert shapes == {name: _shape(BODIES[name]) for name in examples()}


@pytest.mark.parametrize(
    ("event", "part", "added", "is_introduced"),
    [
        ("messages.text", "messages", {"from_user_id"}, False),
        ("statuses.sent", "statuses", {"recipient_user_id"}, True),
        ("statuses.failed.131047", "statuses", {"recipient_user_id"}, False),
        ("statuses.group.read_aggregated", "statuses", {"recipient_participant_user_id"}, True),
        ("calls.connect.user_initiated", "calls", {"from_user_id"}, False),
        ("calls.status", "statuses", {"recipient_user_id"}, True),
        ("smb_message_echoes.text", "message_echoes", {"to_user_id"}, True),
        ("user_preferences.stop", "user_preferences", {"user_id"}, False),
    ],
)
async def test_people_are_named_by_user_id_too(
    event: str,
    part: str,
    added: set[str],
    is_introduced: bool,
    receiver: Receiver,
    controls: httpx.AsyncClient,
) -> None:
    body = (await _trigger(controls, event))["body"]

    value = body["entry"][0]["changes"][0]["value"]
    name = event if event in BODIES else f"fields.{event}"
    documented = BODIES[name]["entry"][0]["changes"][0]["value"]
    assert value[part][0].keys() - documented[part][0].keys() == added
    assert {value[part][0][key] for key in added} == {seed.PERSON_BSUID}
    assert ("contacts" in value and "contacts" not in documented) == is_introduced
    assert {contact["user_id"] for contact in value.get("contacts", [])} <= {
        seed.PERSON_BSUID,
        seed.OTHER_PERSON_BSUID,
    }


async def test_an_event_is_fitted_to_number_person_and_time(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    other = next(each for each in sandbox.world.numbers.values() if each.id != seed.PHONE_NUMBER_ID)
    await controls.post("/clock", json={"setTo": 1_800_000_000, "freeze": True})

    await _trigger(
        controls, "messages.text.bsuid", to=other.id, person=seed.OTHER_PERSON, remove=["contacts"]
    )

    await until(lambda: len(receiver.posts) == 1)
    body = json.loads(receiver.posts[0].body)
    [message] = body["entry"][0]["changes"][0]["value"]["messages"]
    assert body["entry"][0]["id"] == other.waba_id
    assert body["entry"][0]["changes"][0]["value"] == {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": other.digits, "phone_number_id": other.id},
        "messages": [message],
    }
    assert (message["from"], message["from_user_id"]) == (
        seed.OTHER_PERSON,
        seed.OTHER_PERSON_BSUID,
    )
    assert message["timestamp"] == "1800000000"


async def test_the_same_event_twice_carries_two_ids(
    receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    await _trigger(controls, "messages.text")
    await _trigger(controls, "messages.text")

    messages = await receiver.wait_for("messages", 2)
    assert len({message["id"] for message in messages}) == 2
    documented = BODIES["messages.text"]["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    assert documented not in {message["id"] for message in messages}


async def test_verbatim_is_as_documented_to_the_value(
    receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    await _trigger(controls, "statuses.failed.131047", verbatim=True)

    await until(lambda: len(receiver.posts) == 1)
    assert json.loads(receiver.posts[0].body) == BODIES["statuses.failed.131047"]


async def test_values_are_set_added_and_removed_by_path(
    receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    await _trigger(
        controls,
        "messages.text",
        set={
            "messages[0].text.body": "Grüße",
            "entry[0].changes[0].value.contacts[0].profile.name": "Ada",
        },
        add={"messages[0].identity": {"hash": "abc"}, "messages[1]": {"id": "wamid.two"}},
        remove=["contacts.0.wa_id"],
    )

    await until(lambda: len(receiver.posts) == 1)
    value = _first_value(receiver.posts[0].body)
    assert value["messages"][0]["text"] == {"body": "Grüße"}
    assert value["messages"][0]["identity"] == {"hash": "abc"}
    assert value["messages"][1] == {"id": "wamid.two"}
    assert value["contacts"] == [{"profile": {"name": "Ada"}, "user_id": seed.PERSON_BSUID}]


async def test_a_text_becomes_what_it_replaces(
    receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    await _trigger(
        controls,
        "messages.location",
        set={"messages[0].location.latitude": "48.2", "messages[0].timestamp": "1700000000"},
    )

    [message] = await receiver.wait_for("messages", 1)
    assert (message["location"]["latitude"], message["timestamp"]) == (48.2, "1700000000")


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (
            {"event": "messages.txt"},
            404,
            "There is no event messages.txt. Did you mean: messages.text",
        ),
        ({"event": "zzzzzzzz"}, 404, "There is no event zzzzzzzz. GET /_sandbox/trigger has all."),
        ({"set": {"messages[0].txt.body": "x"}}, 422, "Near it are: messages[0].text.body"),
        ({"set": {"messages[7].text": "x"}}, 422, "There is nothing at messages[7].text."),
        ({"set": {"messages[[0]": "x"}}, 422, "is no path"),
        ({"add": {"messages[0].text": "x"}}, 422, "is there already; set it instead."),
        ({"add": {"messages[5]": "x"}}, 422, "the next free place of this list is [1]."),
        ({"remove": ["messages[0].nothing"]}, 422, "There is nothing at messages[0].nothing."),
        ({"to": "1"}, 404, "There is no phone number 1."),
        ({"person": "1"}, 404, "There is nobody with the number or user id 1."),
    ],
)
async def test_what_cannot_be_triggered_is_said_and_nothing_is_sent(
    change: Json, status: int, said: str, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    answer = await controls.post("/trigger", json={"event": "messages.text", **change})

    assert answer.status_code == status
    assert said in answer.text
    assert (await controls.get("/webhooks")).json() == {"waiting": 0, "deliveries": []}


async def test_without_a_subscriber_the_cure_is_named(controls: httpx.AsyncClient) -> None:
    answer = await controls.post("/trigger", json={"event": "account_alerts"})

    assert answer.status_code == 409
    assert f"No app takes the field account_alerts of account {seed.WABA_ID}." in answer.text


async def test_names_count_in_any_case_and_without_fields(
    receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    told = await _trigger(controls, "account_update.disabled_update")

    assert (told["event"], told["apps"]) == ("fields.account_update.DISABLED_UPDATE", 1)


async def test_media_of_an_event_can_be_downloaded(
    receiver: Receiver, controls: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await _trigger(controls, "messages.image")

    [message] = await receiver.wait_for("messages", 1)
    found = (await graph.get(f"/{message['image']['id']}")).json()
    file = await graph.get(found["url"])
    assert (file.status_code, file.headers["content-type"]) == (200, "image/jpeg")


async def test_a_triggered_message_opens_the_window_and_a_verbatim_one_does_not(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    world = sandbox.world
    number, person = world.numbers[seed.PHONE_NUMBER_ID], world.people[seed.PERSON]

    await _trigger(controls, "messages.text", verbatim=True)
    before = world.window_is_open(number, person)
    await _trigger(controls, "messages.text")

    assert (before, world.window_is_open(number, person)) == (False, True)


async def test_a_triggered_answer_to_a_request_to_call_counts(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    await _trigger(controls, "messages.interactive.call_permission_reply.accept")

    number = sandbox.world.numbers[seed.PHONE_NUMBER_ID]
    assert list(number.call_permissions) == [seed.PERSON]


async def test_a_triggered_event_is_retried_and_keeps_its_bytes(
    receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    await controls.post("/settings", json={"retryDelaysS": [0.01]})
    receiver.answers.append(500)

    await _trigger(controls, "calls.terminate")

    await until(lambda: len(receiver.posts) == 2)
    assert receiver.posts[0] == receiver.posts[1]


async def test_one_event_can_be_looked_at_with_its_body(controls: httpx.AsyncClient) -> None:
    shown = (await controls.get("/trigger/messages.text")).json()

    assert shown["body"] == BODIES["messages.text"]
    assert shown["field"] == "messages"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/trigger", b'{"event": "messages.text", "set": {"messages[0].text.body": NaN}}'),
        ("/trigger", b'{"event": "messages.text", "set": {"messages[0].id": "\\ud800"}}'),
        (
            "/trigger",
            b'{"event": "messages.text", "set": {"messages": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
        ),
        ("/people", b'{"name": "\\ud800"}'),
        ("/clock", b'{"advanceS": 1e999}'),
        ("/faults", b"\xff"),
    ],
)
async def test_what_cannot_be_written_down_again_is_refused(
    path: str, body: bytes, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    answer = await controls.post(path, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "json_invalid"


@pytest.mark.parametrize("value", [None, 5, [], {"messages": 5}, {"statuses": [1]}])
async def test_even_a_body_of_another_shape_is_sent_as_it_is_told(
    value: Any, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    told = await _trigger(controls, "messages.text", set={"entry[0].changes[0].value": value})

    await until(lambda: len(receiver.posts) == 1)
    assert json.loads(receiver.posts[0].body) == told["body"]
    assert (await controls.get("/webhooks")).status_code == 200
