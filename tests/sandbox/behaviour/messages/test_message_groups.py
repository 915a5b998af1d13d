"""Messages to a group: which there are, who gets them, and what their statuses say."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Group

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
GROUP_ID = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"


def _send(kind: str, content: object) -> Json:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "group",
        "to": GROUP_ID,
        "type": kind,
        kind: content,
    }


TEXT = _send("text", {"body": "Hello all"})


@pytest.fixture
def group(sandbox: RunningSandbox, number: str) -> Group:
    made = Group(GROUP_ID, number, "Plants", "", 0.0, "code")
    made.participants = [seed.PERSON, seed.OTHER_PERSON]
    sandbox.world.groups[made.id] = made
    return made


async def test_everybody_in_it_gets_the_message(
    group: Group, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=TEXT)

    message_id = answer.json()["messages"][0]["id"]
    assert answer.json() == {
        "messaging_product": "whatsapp",
        "contacts": [{"input": GROUP_ID, "wa_id": GROUP_ID}],
        "messages": [{"id": message_id, "group_id": GROUP_ID}],
    }
    for person in group.participants:
        phone = (await controls.get(f"/people/{person}/messages")).json()["messages"]
        assert [message["id"] for message in phone] == [message_id]


async def test_each_phone_reports_by_itself(
    group: Group,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    sandbox.world.settings.instant = True
    sandbox.world.people[seed.OTHER_PERSON].read_receipts = False

    message = (await graph.post(f"/{number}/messages", json=TEXT)).json()["messages"][0]

    statuses = await receiver.wait_for("statuses", 4)
    about = [(one["status"], one.get("recipient_participant_id")) for one in statuses]
    assert about == [
        ("sent", None),
        ("delivered", seed.PERSON),
        ("delivered", seed.OTHER_PERSON),
        ("read", seed.PERSON),
    ]
    assert [one["recipient_participant_user_id"] for one in statuses[1:]] == [
        seed.PERSON_BSUID,
        seed.OTHER_PERSON_BSUID,
        seed.PERSON_BSUID,
    ]
    for status in statuses:
        assert (status["id"], status["recipient_id"], status["recipient_type"]) == (
            message["id"],
            GROUP_ID,
            "group",
        )
    assert statuses[0]["pricing"]["category"] == "group_service"


async def test_who_is_offline_gets_it_later(
    group: Group,
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    sandbox.world.settings.instant = True
    sandbox.world.people[seed.PERSON].is_online = False

    await graph.post(f"/{number}/messages", json=TEXT)
    before = await receiver.wait_for("statuses", 3)
    await controls.patch(f"/people/{seed.PERSON}", json={"online": True})
    after = await receiver.wait_for("statuses", 5)

    assert {one.get("recipient_participant_id") for one in before} == {None, seed.OTHER_PERSON}
    assert [(one["status"], one["recipient_participant_id"]) for one in after[3:]] == [
        ("delivered", seed.PERSON),
        ("read", seed.PERSON),
    ]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"to": "someone"}, 400, 131041),
        ({"to": None}, 400, 131008),
        ({"type": "reaction", "reaction": {"message_id": "w", "emoji": "👍"}}, 400, 131051),
        ({"type": "location", "location": {"latitude": 1, "longitude": 1}}, 400, 131051),
    ],
)
async def test_refuses_what_a_group_cannot_have(
    change: Json, status: int, code: int, group: Group, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json={**TEXT, **change})

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_refuses_a_group_that_is_empty_suspended_or_of_another_number(
    group: Group, sandbox: RunningSandbox, graph: httpx.AsyncClient, number: str
) -> None:
    codes: list[int] = []
    changes: list[tuple[str, object]] = [
        ("participants", []),
        ("is_suspended", True),
        ("number_id", "1"),
    ]
    for name, value in changes:
        setattr(group, name, value)
        answer = await graph.post(f"/{number}/messages", json=TEXT)
        codes.append(answer.json()["error"]["code"])

    assert codes == [131020, 131207, 131041]
    assert sandbox.world.messages == {}


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        ({"type": "pin", "message_id": "wamid.x", "expiration_days": 7}, 0),
        ({"type": "unpin", "message_id": "wamid.x"}, 0),
        ({"type": "nail", "message_id": "wamid.x"}, 131009),
        ({"type": "pin"}, 131008),
        ({"type": "pin", "message_id": "wamid.x", "expiration_days": 31}, 131009),
    ],
)
async def test_pins_a_message(
    pin: Json, code: int, group: Group, graph: httpx.AsyncClient, number: str
) -> None:
    answer = await graph.post(f"/{number}/messages", json=_send("pin", pin))

    assert answer.json().get("error", {"code": 0})["code"] == code
