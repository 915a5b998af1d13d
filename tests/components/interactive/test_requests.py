"""Request Location, Address and Contact Information against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

TO: dict[str, Any] = {"phoneNumberId": NUMBER, "to": PERSON}
BSUID = "US.13491208655302741918"
WHERE: dict[str, Any] = {**TO, "text": "Tell us the delivery address.", "country": "IN"}
SHEENA = {"name": "Sheena Nelson", "phoneNumber": "+919876543210"}


async def test_the_request_for_a_place_that_meta_documents_is_sent(live: Live) -> None:
    await live.ready()

    await live.run("RequestLocation", **TO, text="Please share your delivery location.")

    assert live.sent == [documented("send.interactive.location_request_message")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "ä" * 1025}, "text"),
        ({"footer": "Lucky Shrub"}, "footer"),
        ({"headerText": "Lucky Shrub"}, "headerText"),
    ],
)
async def test_a_request_for_a_place_that_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("RequestLocation", **{**TO, "text": "Where?", **changes}) == field
    assert live.requests == []


async def test_the_request_for_a_number_that_meta_documents_is_sent(live: Live) -> None:
    await live.ready()

    await live.run("RequestContact", **TO, text="Please share your phone number.")

    assert live.sent == [documented("send.interactive.request_contact_info")]


async def test_a_number_is_asked_of_who_is_known_by_user_id(live: Live) -> None:
    await live.ready()

    await live.run(
        "RequestContact", **{**TO, "to": BSUID}, text="Your number?", footer="For the courier"
    )

    [body] = live.sent
    assert body["recipient"] == BSUID
    assert body["interactive"]["footer"] == {"text": "For the courier"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "ä" * 1025}, "text"),
        ({"footer": "ä" * 61}, "footer"),
        ({"to": "nobody"}, "to"),
    ],
)
async def test_a_request_for_a_number_that_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("RequestContact", **{**TO, "text": "Number?", **changes}) == field
    assert live.requests == []


async def test_the_request_for_an_address_that_meta_documents_is_sent(live: Live) -> None:
    await live.ready()

    await live.run("RequestAddress", **WHERE, indianValues=SHEENA)

    assert live.sent == [documented("send.interactive.address_message")]


async def test_an_address_is_asked_again_with_what_was_wrong(live: Live) -> None:
    await live.ready()

    await live.run(
        "RequestAddress",
        **WHERE,
        headerText="Delivery",
        footer="Lucky Shrub",
        indianValues={"inPinCode": "400063", "landmarkArea": ""},
        indianSaved=[{"id": "home", "name": "Sheena Nelson", "inPinCode": "400063"}],
        faults=[{"part": "inPinCode", "message": "We do not deliver there."}],
    )

    interactive = live.sent[0]["interactive"]
    assert interactive["header"] == {"type": "text", "text": "Delivery"}
    assert interactive["action"]["parameters"] == {
        "country": "IN",
        "values": {"in_pin_code": "400063"},
        "saved_addresses": [
            {"id": "home", "value": {"name": "Sheena Nelson", "in_pin_code": "400063"}}
        ],
        "validation_errors": {"in_pin_code": "We do not deliver there."},
    }


async def test_an_address_in_singapore_has_other_parts(live: Live) -> None:
    await live.ready()
    values = {"name": "Mei", "sgPostCode": "018956", "unitNumber": "#07-12"}

    await live.run(
        "RequestAddress",
        **{**WHERE, "country": "SG"},
        singaporeanValues=values,
        singaporeanSaved=[{"id": "work", "sgPostCode": "018957"}],
    )
    live.context.step_id = "run-2:again"
    await live.run("RequestAddress", **{**WHERE, "country": "SG"})

    whole, least = [each["interactive"]["action"]["parameters"] for each in live.sent]
    assert whole == {
        "country": "SG",
        "values": {"name": "Mei", "sg_post_code": "018956", "unit_number": "#07-12"},
        "saved_addresses": [{"id": "work", "value": {"sg_post_code": "018957"}}],
    }
    assert least == {"country": "SG"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"country": "US"}, "country"),
        ({"text": ""}, "text"),
        ({"headerText": "ä" * 61}, "headerText"),
        ({"singaporeanValues": {"name": "Mei"}}, "singaporeanValues"),
        ({"singaporeanSaved": [{"id": "1", "name": "Mei"}]}, "singaporeanSaved"),
        ({"country": "SG", "indianValues": SHEENA}, "indianValues"),
        ({"country": "SG", "indianSaved": [{"id": "1", "name": "Mei"}]}, "indianSaved"),
        ({"indianValues": {"sgPostCode": "018956"}}, "indianValues"),
        ({"indianValues": {"inPinCode": "4000"}}, "indianValues"),
        ({"indianSaved": [{"name": "Mei"}]}, "indianSaved"),
        ({"faults": [{"part": "sgPostCode", "message": "No"}]}, "faults"),
        ({"faults": [{"part": "inPinCode", "message": ""}]}, "faults"),
    ],
)
async def test_a_request_for_an_address_that_meta_would_refuse_is_refused_before_the_call(
    live: Live, changes: dict[str, Any], field: str
) -> None:
    assert await live.refusal("RequestAddress", **{**WHERE, **changes}) == field
    assert live.requests == []
