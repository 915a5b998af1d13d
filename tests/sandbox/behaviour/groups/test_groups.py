"""Groups: opened by the business, joined by people, and told of in webhooks."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

GROUPS = f"/{seed.PHONE_NUMBER_ID}/groups"
PRODUCT = {"messaging_product": "whatsapp"}
SHEENA = {"wa_id": seed.PERSON, "user_id": seed.PERSON_BSUID}

Json = dict[str, Any]


async def _news(receiver: Receiver, count: int) -> list[Json]:
    """The latest of so many events about groups, without what every one of them has."""
    items = await receiver.wait_for("groups", count)
    return [
        {key: value for key, value in item.items() if key not in ("timestamp", "group_id")}
        for item in items
    ]


async def _open(graph: httpx.AsyncClient, receiver: Receiver, **more: str) -> str:
    answer = await graph.post(GROUPS, json={**PRODUCT, "subject": "Lucky Shrub VIP", **more})
    assert answer.status_code == 200, answer.text
    created = (await receiver.wait_for("groups", 1))[0]
    assert created["request_id"] == answer.json()["request_id"]
    group_id: str = created["group_id"]
    return group_id


async def _join(controls: httpx.AsyncClient, group_id: str, person: str = seed.PERSON) -> Json:
    answer = await controls.post(f"/groups/{group_id}/people", json={"person": person})
    assert answer.status_code == 200, answer.text
    joined: Json = answer.json()
    return joined


async def test_a_group_is_opened_after_the_answer(
    graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver, description="Our best customers")

    created = (await _news(receiver, 1))[0]
    listed = (await graph.get(GROUPS)).json()

    assert created.pop("invite_link").startswith("https://chat.whatsapp.com/")
    assert created.pop("request_id").isdecimal()
    assert created == {
        "type": "group_create",
        "subject": "Lucky Shrub VIP",
        "description": "Our best customers",
        "join_approval_mode": "auto_approve",
    }
    assert [row["id"] for row in listed["data"]["groups"]] == [group_id]
    assert listed["data"]["groups"][0].keys() == {"id", "subject", "created_at"}


async def test_a_group_shows_what_was_asked_for(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver)
    await _join(controls, group_id)
    fields = "subject,suspended,total_participant_count,participants,join_approval_mode"

    shown = await graph.get(f"/{group_id}", params={"fields": fields})
    bare = await graph.get(f"/{group_id}")

    assert shown.json() == {
        **PRODUCT,
        "id": group_id,
        "subject": "Lucky Shrub VIP",
        "suspended": False,
        "total_participant_count": 1,
        "participants": [SHEENA],
        "join_approval_mode": "auto_approve",
    }
    assert bare.json() == {**PRODUCT, "id": group_id}


async def test_following_the_invitation_joins_and_leaving_is_told(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver)

    await _join(controls, group_id)
    left = {"person": seed.PERSON, "action": "leave"}
    await controls.post(f"/groups/{group_id}/people", json=left)

    news = await _news(receiver, 3)
    assert news[1:] == [
        {
            "type": "group_participants_add",
            "reason": "invite_link",
            "added_participants": [SHEENA],
        },
        {
            "type": "group_participants_remove",
            "initiated_by": "participant",
            "removed_participants": [SHEENA],
        },
    ]


async def test_with_approval_people_wait_for_the_business(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver, join_approval_mode="approval_required")
    first = (await _join(controls, group_id))["joinRequestId"]
    second = (await _join(controls, group_id, seed.OTHER_PERSON))["joinRequestId"]

    waiting = (await graph.get(f"/{group_id}/join_requests")).json()["data"]
    approved = await graph.post(
        f"/{group_id}/join_requests", json={**PRODUCT, "join_requests": [first, "99"]}
    )
    rejected = await graph.request(
        "DELETE", f"/{group_id}/join_requests", json={**PRODUCT, "join_requests": [second]}
    )

    assert [row["join_request_id"] for row in waiting] == [first, second]
    assert waiting[0].keys() == {"join_request_id", "wa_id", "user_id", "creation_timestamp"}
    assert (approved.status_code, approved.json()["approved_join_requests"]) == (206, [first])
    failed = approved.json()["failed_join_requests"]
    assert [(row["join_request_id"], row["errors"][0]["code"]) for row in failed] == [
        ("99", 131213)
    ]
    assert (rejected.status_code, rejected.json()["rejected_join_requests"]) == (200, [second])
    added = (await _news(receiver, 4))[3]
    assert added.pop("request_id") == approved.json()["request_id"]
    assert added == {
        "type": "group_participants_add",
        "added_participants": [SHEENA],
        "reason": "join_request_approved",
    }


async def test_the_business_removes_people(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver)
    await _join(controls, group_id)
    body = {**PRODUCT, "participants": [{"user": f"+{seed.PERSON}"}]}

    removed = await graph.request("DELETE", f"/{group_id}/participants", json=body)
    again = await graph.request("DELETE", f"/{group_id}/participants", json=body)

    assert (await _news(receiver, 3))[2] == {
        "type": "group_participants_remove",
        "request_id": removed.json()["request_id"],
        "initiated_by": "business",
        "removed_participants": [{"input": f"+{seed.PERSON}"}],
    }
    assert (again.status_code, again.json()["error"]["code"]) == (400, 131212)


async def test_nobody_joins_a_full_group(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver)
    people = [(await controls.post("/people", json={})).json()["waId"] for _ in range(8)]
    participants = [{"user": person} for person in people]
    await graph.post(f"/{group_id}/participants", json={**PRODUCT, "participants": participants})

    joined = await controls.post(f"/groups/{group_id}/people", json={"person": seed.PERSON})
    added = await graph.post(
        f"/{group_id}/participants", json={**PRODUCT, "participants": [{"user": seed.PERSON}]}
    )

    assert (joined.status_code, joined.json()["detail"]) == (
        409,
        "This group is full: it has 8 people.",
    )
    assert added.json()["error"]["code"] == 131204


async def test_settings_and_picture_are_changed(
    graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver)

    await graph.post(f"/{group_id}", json={**PRODUCT, "subject": "New", "description": "Text"})
    await graph.post(f"/{group_id}", data=PRODUCT, files={"file": ("p.jpg", _jpeg(640, 640))})
    await graph.post(f"/{group_id}", data=PRODUCT, files={"file": ("p.jpg", _jpeg(640, 480))})

    named, square, oblong = (await _news(receiver, 4))[1:]
    for item in (named, square, oblong):
        item.pop("request_id")
    assert named == {
        "type": "group_settings_update",
        "group_subject": {"text": "New", "update_successful": True},
        "group_description": {"text": "Text", "update_successful": True},
    }
    assert square["profile_picture"]["update_successful"] is True
    assert len(base64.b64decode(square["profile_picture"]["sha256"])) == 32
    assert oblong["profile_picture"]["errors"][0]["code"] == 131209


async def test_an_invitation_can_be_renewed(
    graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver)

    first = (await graph.get(f"/{group_id}/invite_link")).json()
    second = (await graph.post(f"/{group_id}/invite_link", json=PRODUCT)).json()
    third = (await graph.get(f"/{group_id}/invite_link")).json()

    assert first.keys() == {"messaging_product", "invite_link"}
    assert first["invite_link"] != second["invite_link"] == third["invite_link"]


async def test_a_suspended_group_changes_no_more(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver)

    for _ in range(2):
        await controls.patch(f"/groups/{group_id}", json={"suspended": True})
    refused = await graph.post(f"/{group_id}", json={**PRODUCT, "subject": "x"})
    await controls.patch(f"/groups/{group_id}", json={"suspended": False})

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, 131207)
    assert [item["type"] for item in (await _news(receiver, 3))[1:]] == [
        "group_suspend",
        "group_suspend_cleared",
    ]


async def test_a_deleted_group_is_unknown(
    graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    group_id = await _open(graph, receiver)

    deleted = await graph.delete(f"/{group_id}")

    await until(lambda: len(receiver.items("groups")) == 2)
    assert (await _news(receiver, 2))[1] == {
        "type": "group_delete",
        "request_id": deleted.json()["request_id"],
    }
    assert (await graph.get(f"/{group_id}")).status_code == 400
    assert (await graph.get(GROUPS)).json() == {"data": {"groups": []}}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"subject": ""},
        {"subject": "x" * 129},
        {"subject": "x", "description": "x" * 2049},
        {"subject": "x", "join_approval_mode": "never"},
    ],
    ids=str,
)
async def test_a_wrong_group_is_refused(wrong: Json, graph: httpx.AsyncClient, number: str) -> None:
    answer = await graph.post(GROUPS, json={**PRODUCT, **wrong})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in (100, 131008)


def _jpeg(width: int, height: int) -> bytes:
    frame = b"\xff\xc0\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03" + bytes(9)
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(9) + frame + b"\xff\xd9"
