"""A person is known by phone number, by BSUID, or by both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from appmixer.whatsapp.plugin.people.identity import Person, recipient_of, sender_of

BODIES = Path(__file__).parents[3] / "sandbox" / "fixtures" / "webhooks"


def value(name: str) -> dict[str, Any]:
    parsed = json.loads((BODIES / f"{name}.json").read_text("utf-8"))
    found: dict[str, Any] = parsed["entry"][0]["changes"][0]["value"]
    return found


def test_a_message_and_its_contact_together_tell_who_wrote() -> None:
    content = value("messages.text.reply")

    person = sender_of(content["messages"][0], content["contacts"][0])

    assert person == Person(wa_id="16505551234", profile_name="Sheena Nelson")
    assert (person.key, person.identities) == ("16505551234", ("16505551234",))


def test_the_recipient_of_a_status_may_have_every_kind_of_id() -> None:
    content = value("statuses.delivered.bsuid")

    person = recipient_of(content["statuses"][0], content["contacts"][0])

    assert person == Person(
        wa_id="16505551234",
        bsuid="US.13491208655302741918",
        parent_bsuid="US.ENT.11815799212886844830",
        username="sheena.nelson",
        profile_name="Sheena Nelson",
    )
    assert person.key == "US.13491208655302741918"


def test_somebody_without_a_phone_number_is_known_by_the_bsuid() -> None:
    person = recipient_of(value("statuses.delivered.bsuid_only")["statuses"][0], {})

    assert person.wa_id is None
    assert person.identities == (person.bsuid,)


def test_of_a_group_the_participant_is_meant() -> None:
    person = recipient_of(value("statuses.group.read_aggregated")["statuses"][1], {})

    assert person.wa_id == "16505559876"


def test_nobody_is_nobody() -> None:
    assert sender_of({"from": 7}, {"profile": "x"}).identities == ()
    assert sender_of({}, {}).key == ""
