"""Send Location against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

GROUP = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="
PLACE = {"phoneNumberId": NUMBER, "to": PERSON, "latitude": 37.44, "longitude": -122.16}


async def test_the_place_goes_out_as_meta_documents_it(live: Live) -> None:
    await live.ready()

    await live.run(
        "SendLocation",
        phoneNumberId=NUMBER,
        to=PERSON,
        latitude="37.44216251868683",
        longitude="-122.16153582049394",
        name="Philz Coffee",
        address="101 Forest Ave, Palo Alto, CA 94301",
    )

    assert live.sent == [documented("send.location")]


async def test_degrees_are_enough_and_it_may_quote(live: Live) -> None:
    await live.ready()

    await live.run("SendLocation", **PLACE, quotedMessageId=WAMID)

    [body] = live.sent
    assert body["location"] == {"latitude": 37.44, "longitude": -122.16}
    assert body["context"] == {"message_id": WAMID}


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"latitude": 91}, "latitude"),
        ({"latitude": "91"}, "latitude"),
        ({"longitude": "-180.5"}, "longitude"),
        ({"latitude": "37,44"}, "latitude"),
        ({"latitude": None}, "latitude"),
        ({"address": "101 Forest Ave"}, "name"),
        ({"name": "x" * 1001}, "name"),
        ({"to": GROUP}, "to"),
        ({"to": GROUP, "recipientType": "group"}, "to"),
    ],
)
async def test_what_is_no_place_for_a_person_is_refused_before_any_call(
    live: Live, input: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendLocation", **{**PLACE, **input}) == field
    assert live.requests == []
