"""QR codes of a sender number, from the first to the last."""

from __future__ import annotations

import json
from typing import Any

import pytest

from appmixer.engine.contract import (
    NothingToChooseError,
    OutcomeUnknownError,
    RejectedError,
    choices_of,
)

from ..live import CONNECTOR, NUMBER, Live, documented

pytestmark = pytest.mark.anyio

TEXT = "Show me Cyber Tuesday deals!"
CODE = "5QBPAD2DC6L5A1"
DELETE = CONNECTOR.components()["appmixer.whatsapp.DeleteQrCode"]


def changes(live: Live) -> list[tuple[str, str, Any]]:
    """What was asked of Meta that changes something: method, end of the path, and body."""
    return [
        (each.method, each.url.path.rpartition("/")[2], json.loads(each.content or b"null"))
        for each in live.requests
        if each.method != "GET"
    ]


async def created(live: Live, text: str, step: str = "first") -> Any:
    live.context.step_id = f"run-1:{step}"
    return await live.run("CreateQrCode", phoneNumberId=NUMBER, prefilledMessage=text)


async def test_a_code_with_its_picture_is_made_as_meta_documents_it(live: Live) -> None:
    made = await live.run(
        "CreateQrCode", phoneNumberId=NUMBER, prefilledMessage=TEXT, imageFormat="SVG"
    )

    assert changes(live) == [("POST", "message_qrdls", documented("qr.create"))]
    assert (made.prefilled_message, made.link) == (TEXT, f"https://wa.me/message/{made.code}")
    assert str(made.image_url).endswith(".svg")


async def test_a_code_without_a_picture_is_made_of_its_text_alone(live: Live) -> None:
    made = await created(live, TEXT)

    assert changes(live) == [("POST", "message_qrdls", {"prefilled_message": TEXT})]
    assert made.image_url is None


async def test_codes_are_listed_read_changed_and_deleted(live: Live) -> None:
    first, second = await created(live, "One"), await created(live, "Two", "second")

    listed = await live.run("ListQrCodes", phoneNumberId=NUMBER, imageFormat="PNG")
    read = await live.run("GetQrCode", phoneNumberId=NUMBER, code=first.code)
    seen = await live.run("GetQrCode", phoneNumberId=NUMBER, code=first.code, imageFormat="SVG")
    changed = await live.run(
        "UpdateQrCode",
        phoneNumberId=NUMBER,
        code=first.code,
        prefilledMessage="Three",
        imageFormat="PNG",
    )
    deleted = await live.run("DeleteQrCode", phoneNumberId=NUMBER, code=str(second.link))
    left = await live.run("ListQrCodes", phoneNumberId=NUMBER)

    assert [each.code for each in listed.qr_codes] == [second.code, first.code]
    assert all(str(each.image_url).endswith(".png") for each in listed.qr_codes)
    assert read == first
    assert (seen.prefilled_message, str(seen.image_url)[-4:]) == ("One", ".svg")
    assert (changed.code, changed.prefilled_message) == (first.code, "Three")
    assert str(changed.image_url).endswith(".png")
    assert deleted.model_dump() == {
        "success": True,
        "phoneNumberId": NUMBER,
        "code": second.code,
    }
    assert (left.count, [each.prefilled_message for each in left.qr_codes]) == (1, ["Three"])
    assert changes(live)[2] == (
        "POST",
        "message_qrdls",
        {"code": first.code, "prefilled_message": "Three", "generate_qr_image": "PNG"},
    )


async def test_a_text_may_have_140_characters_however_wide_they_are(live: Live) -> None:
    made = await created(live, "😀" * 140)

    assert made.prefilled_message == "😀" * 140


@pytest.mark.parametrize(
    ("component", "wrong", "field"),
    [
        ("CreateQrCode", {"prefilledMessage": "x" * 141}, "prefilledMessage"),
        ("CreateQrCode", {"prefilledMessage": " "}, "prefilledMessage"),
        ("CreateQrCode", {"prefilledMessage": TEXT, "imageFormat": "GIF"}, "imageFormat"),
        ("UpdateQrCode", {"code": CODE}, "prefilledMessage"),
        ("UpdateQrCode", {"code": "5QBPAD2DC6L5A", "prefilledMessage": TEXT}, "code"),
        ("UpdateQrCode", {"prefilledMessage": TEXT}, "code"),
        ("GetQrCode", {"code": "../106540352242"}, "code"),
        ("GetQrCode", {"code": f"https://wa.example/message/{CODE}"}, "code"),
        ("GetQrCode", {"code": CODE, "imageFormat": "JPEG"}, "imageFormat"),
        ("DeleteQrCode", {"code": ""}, "code"),
        ("DeleteQrCode", {"code": f"{CODE}?method=post"}, "code"),
        ("DeleteQrCode", {"code": CODE, "phoneNumberId": "none"}, "phoneNumberId"),
        ("ListQrCodes", {"imageFormat": "svg"}, "imageFormat"),
        ("ListQrCodes", {"phoneNumberId": ""}, "phoneNumberId"),
        ("ListQrCodes", {"limit": 3}, "limit"),
    ],
)
async def test_what_cannot_be_right_is_refused_before_meta_is_asked(
    live: Live, component: str, wrong: dict[str, Any], field: str
) -> None:
    refused = await live.refusal(component, **{"phoneNumberId": NUMBER, **wrong})

    assert refused == field
    assert [each for each in live.requests if "message_qrdls" in each.url.path] == []


async def test_a_code_that_is_not_there_is_told(live: Live) -> None:
    with pytest.raises(RejectedError) as caught:
        await live.run("DeleteQrCode", phoneNumberId=NUMBER, code=CODE)

    assert (caught.value.code, caught.value.subcode) == (100, 33)


async def test_no_second_code_is_made_when_a_crash_has_cut_the_first_attempt_short(
    live: Live,
) -> None:
    await created(live, TEXT)
    live.context.attempt = "attempt-2"

    with pytest.raises(OutcomeUnknownError):
        await created(live, TEXT)

    assert (await live.run("ListQrCodes", phoneNumberId=NUMBER)).count == 1


async def test_a_code_can_be_chosen_by_its_text(live: Live) -> None:
    made = await created(live, TEXT)

    options = await choices_of(DELETE.Input)["code"].first(live.context, {"phoneNumberId": NUMBER})

    assert [(each.value, each.label) for each in options] == [(made.code, TEXT)]


@pytest.mark.parametrize(
    ("chosen", "about"), [({}, "phoneNumberId"), ({"phoneNumberId": NUMBER}, "code")]
)
async def test_where_there_is_no_code_to_choose_it_is_said_what_to_do_first(
    live: Live, chosen: dict[str, str], about: str
) -> None:
    with pytest.raises(NothingToChooseError) as caught:
        await choices_of(DELETE.Input)["code"].first(live.context, chosen)

    assert caught.value.field == about
