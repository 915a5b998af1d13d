"""Numbers as people, sheets and Meta write them, from the webhook to the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import World

NUMBER = "106540352242922"


@pytest.mark.parametrize("person", ["22997123456", "22507123456"])
def test_a_person_with_a_number_of_before_it_was_lengthened_is_answered(
    ready: World, person: str
) -> None:
    ready.sandbox_call("POST", "/_sandbox/people", {"waId": person, "name": "Person"})
    ready.set_webhook()
    ready.start(f"answer-{person}", ready.auto_reply)

    ready.says(person)

    run = ready.ended_run(f"answer-{person}", "completed")
    [sent] = run["steps"][1]["output"]["sent"]
    assert (sent["recipient"], sent["window"]["state"]) == (f"+{person}", "open")
    assert [message["from"] for message in ready.phone(person)] == ["person", "business"]


@pytest.mark.parametrize("written", ["9812345678", "8123456789", "5512345678", "9975840786"])
def test_a_number_without_its_country_is_refused_before_any_call(
    ready: World, written: str
) -> None:
    answer = ready.ask(
        "POST",
        "/api/components/appmixer.whatsapp.SendText/test",
        {
            "account": "acme",
            "dryRun": True,
            "input": {"phoneNumberId": NUMBER, "to": written, "text": "hi"},
        },
    )

    error = answer.json()["error"]
    assert (answer.json()["status"], error["field"]) == ("failed", "to")
    assert "with + and its country code" in error["cure"]
    assert ready.asked() == []
