"""Send Contacts against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

WHOM = {"phoneNumberId": NUMBER, "to": PERSON}
CARD = {"name": {"formattedName": "Barbara"}, "phones": [{"phone": "+16505559999"}]}
BARBARA = {
    "name": {"formattedName": "Barbara J. Johnson", "firstName": "Barbara", "lastName": "Johnson"},
    "phones": [{"phone": "+16505559999", "type": "WORK", "waId": "16505559999"}],
    "emails": [{"email": "bj@luckyshrub.example", "type": "WORK"}],
    "org": {"company": "Lucky Shrub", "department": "Legal", "title": "Counsel"},
    "urls": [{"url": "https://www.luckyshrub.example", "type": "WORK"}],
    "addresses": [
        {
            "street": "1 Lucky Shrub Way",
            "city": "Menlo Park",
            "state": "CA",
            "zip": "94025",
            "country": "United States",
            "countryCode": "US",
            "type": "WORK",
        }
    ],
    "birthday": "1999-01-23",
}


async def test_a_full_card_goes_out_as_meta_documents_it(live: Live) -> None:
    await live.ready()

    await live.run("SendContacts", **WHOM, contacts=[BARBARA])

    assert live.sent == [documented("send.contacts")]


@pytest.mark.parametrize(
    "input",
    [
        {"fullName": "Barbara", "phone": "+16505559999"},
        {"contacts": [CARD]},
        {"contacts": [{**CARD, "emails": [], "org": {"company": ""}, "birthday": None}]},
    ],
)
async def test_a_name_and_a_number_make_a_card(live: Live, input: dict[str, Any]) -> None:
    await live.ready()

    await live.run("SendContacts", **WHOM, **input)

    [body] = live.sent
    assert body["contacts"] == [
        {
            "name": {"formatted_name": "Barbara", "first_name": "Barbara"},
            "phones": [{"phone": "+16505559999"}],
        }
    ]


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({}, "fullName"),
        ({"fullName": "Barbara"}, "phone"),
        ({"phone": "+16505559999"}, "fullName"),
        ({"fullName": "Barbara", "contacts": [CARD]}, "contacts"),
        ({"contacts": [CARD] * 258}, "contacts"),
        ({"contacts": [{"name": {"firstName": "Barbara"}}]}, "contacts"),
        ({"contacts": [{**CARD, "birthday": "23.01.1999"}]}, "contacts"),
        ({"contacts": [{**CARD, "birthday": "1999-02-30"}]}, "contacts"),
        ({"contacts": [{**CARD, "phones": [{"phone": ""}]}]}, "contacts"),
        ({"contacts": [{**CARD, "emails": [{"type": "WORK"}]}]}, "contacts"),
    ],
)
async def test_what_is_no_card_is_refused_before_any_call(
    live: Live, input: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendContacts", **WHOM, **input) == field
    assert live.requests == []
