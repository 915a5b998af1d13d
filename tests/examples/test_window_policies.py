"""What arrives on the phone when the window is closed: the policies, played on a whole engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from anyio import to_thread

from .conftest import Stage, given

pytestmark = pytest.mark.anyio

NUMBER = "106540352242922"
PERSON = "+16505551234"
SAYS = "/people/16505551234/messages"
INSTEAD = {
    "windowPolicy": "template",
    "fallbackTemplate": "order_confirmation",
    "fallbackLanguage": "en_US",
    "fallbackParameters": {
        "body_1": "{{ shop.request.body.name }}",
        "body_2": 860198,
        "button_1_url": "860198",
    },
}
ORDERED = "Hi Sheena, your order 860198 has shipped."


def telling(**input: Any) -> dict[str, Any]:
    return {
        "name": "Tell",
        "components": {
            # Whoever listens has Meta's webhooks come here.
            "heard": {
                "type": "appmixer.whatsapp.NewMessage",
                "account": "acme",
                "input": {},
            },
            "shop": {"type": "appmixer.utilities.Webhook"},
            "tell": {
                "type": "appmixer.whatsapp.SendText",
                "account": "acme",
                "source": {"in": {"shop": ["request"]}},
                "input": {"phoneNumberId": NUMBER, "to": PERSON, "text": "It is on its way."}
                | input,
            },
        },
    }


async def play(stage: Stage, **input: Any) -> None:
    await to_thread.run_sync(stage.sandbox.register_number)
    await stage.call("PUT", "/api/flows/tell", telling(**input))
    await stage.call("POST", "/api/flows/tell/start")


async def told(stage: Stage, runs: int) -> dict[str, Any]:
    """Let the shop tell of an order, and return the run of it."""
    await stage.api.post(await stage.address("tell"), json={"name": "Sheena"})
    found = [
        each
        for each in await stage.runs("tell", runs)
        if any(step["component"] == "tell" for step in each["steps"])
    ]
    return found[-1]


async def arrived(stage: Stage) -> list[str]:
    """Return the types of what the phone shows, once Meta has delivered or dropped all of it."""

    async def settled() -> Any:
        shown = await to_thread.run_sync(lambda: stage.sandbox.person().messages)
        known = ("delivered", "read", "failed")
        return [shown] if all(each["status"] in known for each in shown) else None

    [shown] = await stage.until(settled)
    return [each["type"] for each in shown if each["status"] != "failed"]


async def test_a_closed_window_lets_the_template_arrive_in_the_messages_place_once(
    stage: Stage,
) -> None:
    await play(stage, **INSTEAD)
    await stage.says("Hello?")
    await stage.runs("tell", 1)

    inside = given(await told(stage, 2), "tell", "sent")
    await stage.move_to(stage.monday + timedelta(hours=25))
    outside = given(await told(stage, 3), "tell", "sent")

    assert (inside["sentAs"], inside["window"]["state"]) == ("message", "open")
    assert (outside["sentAs"], outside["window"]["state"]) == ("template", "closed")
    phone = await stage.phone()
    assert len(phone) == 2
    assert phone[0] == "It is on its way."
    assert phone[1].startswith("Hi Sheena")


@pytest.mark.parametrize(
    ("unknown", "state", "arrives"),
    [
        ("send", "completed", []),
        ("refuse", "failed", []),
        ("template", "completed", ["template"]),
    ],
)
async def test_of_a_person_who_never_wrote_the_flow_decides_what_to_do(
    stage: Stage, unknown: str, state: str, arrives: list[str]
) -> None:
    await play(stage, **INSTEAD, unknownWindowPolicy=unknown)

    run = await told(stage, 1)

    assert run["status"] == state
    await stage.move_to(stage.monday + timedelta(minutes=1))
    # Meta takes free text and does not deliver it.
    assert await arrived(stage) == arrives


async def test_an_ad_that_keeps_messages_free_does_not_let_free_text_through(
    stage: Stage,
) -> None:
    await play(stage)
    ad = {"source_type": "ad", "source_id": "1", "source_url": "https://fb.me/1"}
    said = {"type": "text", "text": {"body": "Hello?"}, "referral": ad}
    await to_thread.run_sync(lambda: stage.sandbox.control("POST", SAYS, said))
    await stage.runs("tell", 1)
    await told(stage, 2)
    await stage.move_to(stage.monday + timedelta(hours=30))

    run = await told(stage, 3)

    assert run["status"] == "failed"
    assert "131047" in str(run["steps"][-1]["error"])
    assert await stage.phone() == ["It is on its way."]


async def test_a_template_in_its_place_is_checked_when_the_flow_is_started(stage: Stage) -> None:
    wrong = {**INSTEAD, "fallbackParameters": {"body_1": "Sheena"}}
    await to_thread.run_sync(stage.sandbox.register_number)
    await stage.call("PUT", "/api/flows/tell", telling(**wrong))

    answer = await stage.api.post("/api/flows/tell/start")

    assert answer.status_code == 422
    place = "components.tell.input.fallbackParameters"
    assert [each["path"] for each in answer.json()["errors"]] == [
        f"{place}.body_2",
        f"{place}.button_1_url",
    ]
