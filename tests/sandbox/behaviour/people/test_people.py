"""People who write: what a business hears of it, and what is refused."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from appmixer.sandbox.behaviour.media.attachments import MAX_INBOUND_BYTES
from appmixer.sandbox.testing import Receiver, RunningSandbox
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Group

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
GROUP_ID = "Y2FwaV9ncm91cDox"


async def write(controls: httpx.AsyncClient, person: str = seed.PERSON, **body: Any) -> str:
    answer = await controls.post(f"/people/{person}/messages", json=body)
    assert answer.status_code == 201, answer.text
    message_id: str = answer.json()["id"]
    return message_id


async def refused(controls: httpx.AsyncClient, **body: Any) -> tuple[int, str]:
    answer = await controls.post(f"/people/{seed.PERSON}/messages", json=body)
    return answer.status_code, answer.json()["detail"]


async def heard(receiver: Receiver, count: int) -> Json:
    """The last of so many messages, without what is new every time."""
    message = (await receiver.wait_for("messages", count))[count - 1]
    return {key: message[key] for key in message if key not in ("id", "timestamp", "from_user_id")}


async def test_an_edit_reaches_a_number_that_is_also_in_the_phone_app(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    sandbox.world.numbers[number].is_on_biz_app = True
    written = await write(controls, type="text", text={"body": "Helo"})
    edit = {
        "original_message_id": written,
        "message": {"type": "text", "text": {"body": "Hello"}, "context": {"id": "M0"}},
    }

    await write(controls, type="edit", edit=edit)
    await write(controls, type="revoke", revoke={"original_message_id": written})

    assert await heard(receiver, 2) == {"from": seed.PERSON, "type": "edit", "edit": edit}
    assert await heard(receiver, 3) == {
        "from": seed.PERSON,
        "type": "revoke",
        "revoke": {"original_message_id": written},
    }


async def test_any_other_number_only_hears_that_there_was_an_edit(
    controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    written = await write(controls, type="text", text={"body": "Helo"})
    new = {"type": "text", "text": {"body": "Hello"}}

    await write(controls, type="edit", edit={"original_message_id": written, "message": new})

    assert await heard(receiver, 2) == {
        "from": seed.PERSON,
        "errors": [
            {
                "code": 131051,
                "title": "Message type unknown",
                "message": "Message type unknown",
                "error_data": {"details": "Message type is currently not supported."},
            }
        ],
        "type": "unsupported",
        "unsupported": {"type": "edit"},
    }


async def test_messages_are_changed_by_who_wrote_them_and_not_for_ever(
    controls: httpx.AsyncClient, number: str
) -> None:
    written = await write(controls, type="text", text={"body": "Helo"})
    theirs = await write(controls, seed.OTHER_PERSON, type="text", text={"body": "Mine"})
    await controls.post("/clock", json={"advanceS": 15 * 60 + 1})
    new = {"type": "text", "text": {"body": "Hello"}}

    late = await refused(
        controls, type="edit", edit={"original_message_id": written, "message": new}
    )
    foreign = await refused(controls, type="revoke", revoke={"original_message_id": theirs})

    assert late == (409, "It is too late to edit this message.")
    assert foreign == (
        409,
        "revoke.original_message_id is no message that Sheena Nelson wrote.",
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"code": 131060}, {"unsupported": {"type": "unknown"}}),
        ({"code": 131052}, {}),
        ({"type": "poll_creation"}, {"unsupported": {"type": "poll_creation"}}),
    ],
)
async def test_an_unsupported_message_says_why(
    given: Json, told: Json, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    await write(controls, type="unsupported", unsupported=given)

    message = await heard(receiver, 1)
    (error,) = message.pop("errors")
    assert message == {"from": seed.PERSON, "type": "unsupported", **told}
    assert error["code"] == given.get("code", 131051)


async def test_a_file_over_the_limit_arrives_as_a_message_without_it(
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("appmixer.sandbox.behaviour.media.attachments.MAX_INBOUND_BYTES", 3)
    assert MAX_INBOUND_BYTES == 100 * 1024 * 1024

    await write(controls, type="image", image={"data": base64.b64encode(b"four").decode()})

    message = await heard(receiver, 1)
    assert (message["type"], message["errors"][0]["code"]) == ("unsupported", 131052)


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"forwarded": True}, {"forwarded": True}),
        ({"frequently_forwarded": True}, {"frequently_forwarded": True}),
        (
            {"referred_product": {"catalog_id": "1", "product_retailer_id": "p"}},
            {
                "from": "15550783881",
                "referred_product": {"catalog_id": "1", "product_retailer_id": "p"},
            },
        ),
    ],
)
async def test_a_context_is_told_as_meta_does(
    context: Json, told: Json, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    await write(controls, type="text", text={"body": "Look"}, context=context)

    assert (await heard(receiver, 1))["context"] == told


async def test_who_was_blocked_by_the_business_is_not_heard(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    sandbox.world.numbers[number].blocked[seed.PERSON] = sandbox.world.clock.now()

    await write(controls, type="text", text={"body": "Hello?"})
    await write(controls, seed.OTHER_PERSON, type="text", text={"body": "And me?"})

    assert (await heard(receiver, 1))["from"] == seed.OTHER_PERSON
    assert len(receiver.items("messages")) == 1
    phone = (await controls.get(f"/phones/{seed.PERSON}")).json()
    assert (phone["messages"][0]["isUnheard"], phone["person"]["windows"]) == (True, [])


async def test_a_message_in_a_group_names_it_and_is_on_every_phone_of_it(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    members = [seed.PERSON, seed.OTHER_PERSON]
    sandbox.world.groups[GROUP_ID] = Group(
        GROUP_ID, number, "Gardeners", "", 0.0, "code", participants=members
    )

    await write(controls, type="text", text={"body": "Hello all"}, groupId=GROUP_ID)

    assert await heard(receiver, 1) == {
        "from": seed.PERSON,
        "group_id": GROUP_ID,
        "type": "text",
        "text": {"body": "Hello all"},
    }
    shown = (await controls.get(f"/phones/{seed.OTHER_PERSON}")).json()["messages"]
    assert [(one["groupId"], one["author"]["waId"]) for one in shown] == [(GROUP_ID, seed.PERSON)]
    sandbox.world.groups[GROUP_ID].participants.remove(seed.PERSON)
    assert await refused(controls, type="text", text={"body": "x"}, groupId=GROUP_ID) == (
        409,
        "Sheena Nelson is not in the group Gardeners.",
    )


async def test_a_phone_that_is_off_sends_nothing(controls: httpx.AsyncClient, number: str) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"online": False})

    answer = await refused(controls, type="text", text={"body": "Hello"})

    assert answer == (409, "Sheena Nelson's phone is offline: nothing leaves it.")


async def test_a_phone_is_read_page_by_page(controls: httpx.AsyncClient, number: str) -> None:
    await write(controls, type="text", text={"body": "{n}"}, count=5)

    latest = (await controls.get(f"/phones/{seed.PERSON}?limit=2")).json()
    first = latest["messages"][0]["id"]
    earlier = (await controls.get(f"/phones/{seed.PERSON}?limit=3&before={first}")).json()

    def bodies(phone: Json) -> list[str]:
        return [message["content"]["body"] for message in phone["messages"]]

    assert (bodies(latest), latest["hasEarlier"]) == (["4", "5"], True)
    assert (bodies(earlier), earlier["hasEarlier"]) == (["1", "2", "3"], False)


async def test_a_template_is_drawn_with_its_parameters(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    values = [{"type": "text", "text": text} for text in ("Sheena", "860198")]
    components = [
        {"type": "body", "parameters": values},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [values[1]]},
    ]
    template = {"name": "order_confirmation", "language": {"code": "en_US"}}
    body = {"messaging_product": "whatsapp", "to": f"+{seed.PERSON}", "type": "template"}
    await graph.post(
        f"/{number}/messages", json={**body, "template": template | {"components": components}}
    )

    (message,) = (await controls.get(f"/phones/{seed.PERSON}")).json()["messages"]

    assert message["drawn"] == {
        "header": {"type": "text", "text": "Order update"},
        "body": "Hi Sheena, your order 860198 has shipped.",
        "footer": "Lucky Shrub",
        "buttons": [
            {
                "type": "URL",
                "text": "Track",
                "url": "https://www.luckyshrub.example/track/860198",
            },
            {"type": "QUICK_REPLY", "text": "Stop updates", "payload": "Stop updates"},
        ],
    }


async def test_the_overview_tells_until_when_a_window_is_open(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/clock", json={"freeze": True, "setTo": 1_790_000_000})
    await write(controls, type="text", text={"body": "Hello"})

    overview = (await controls.get("/phones")).json()

    windows = {person["waId"]: person["windows"] for person in overview["people"]}
    assert windows == {
        seed.PERSON: [{"phoneNumberId": number, "openUntil": 1_790_086_400.0}],
        seed.OTHER_PERSON: [],
    }
    assert overview["numbers"][0] == {
        "id": number,
        "display": "+1 555-078-3881",
        "name": "Lucky Shrub",
        "business": "Lucky Shrub",
        "isRegistered": True,
        "isOnBizApp": False,
    }


async def test_expired_media_is_not_shown(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str
) -> None:
    await write(controls, type="sticker")
    media_id = next(iter(sandbox.world.media))

    before = await controls.get(f"/media/{media_id}")
    await controls.post("/clock", json={"advanceS": 8 * 86400})
    after = await controls.get(f"/media/{media_id}")

    assert (before.headers["content-type"], before.headers["content-disposition"]) == (
        "image/webp",
        "inline",
    )
    assert after.status_code == 404
