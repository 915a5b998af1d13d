"""What sends and waits relies on the statuses of its sender, as far as that is known."""

from __future__ import annotations

from typing import Any

import pytest
import respx

from appmixer.engine.contract import Action
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.components.messages.wait_for_status import WaitForStatus
from appmixer.whatsapp.plugin import appmixer_components

from .conftest import GRAPH, NUMBER, WABA

pytestmark = pytest.mark.anyio


async def test_every_step_that_is_followed_relies_on_statuses(context: RecordingContext) -> None:
    classes = [each for each in appmixer_components().values() if issubclass(each, Action)]
    followed: list[type[Action]] = [
        WaitForStatus,
        *(each for each in classes if each.has_later_fate),
    ]

    found = [await each().relies_on(context, {"phoneNumberId": NUMBER}) for each in followed]

    assert len(followed) > 20
    assert found == [[f"statuses:{WABA}:{NUMBER}"]] * len(followed)


@pytest.mark.parametrize(
    ("input", "topics"),
    [
        ({"phoneNumberId": "3003"}, ["statuses:2002:3003"]),
        ({"phoneNumberId": "{{ a.b }}"}, [f"statuses:{WABA}"]),
        ({"phoneNumberId": "{{ a.b }}", "businessAccountId": "2002"}, ["statuses:2002"]),
        ({"phoneNumberId": "{{ a.b }}", "businessAccountId": "{{ a.c }}"}, [f"statuses:{WABA}"]),
        ({"phoneNumberId": "{{ a.b }}", "businessAccountId": "4004"}, [f"statuses:{WABA}"]),
    ],
    ids=[
        "the number of another account",
        "a sender yet to be given",
        "one of a named account",
        "one of an account yet to be given",
        "one of an account of somebody else",
    ],
)
async def test_what_is_not_known_yet_is_taken_for_the_default_account(
    context: RecordingContext, input: dict[str, Any], topics: list[str]
) -> None:
    assert await SendText().relies_on(context, input) == topics


async def test_while_meta_is_busy_every_account_may_be_the_senders(
    newcomer: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    for waba_id in (WABA, "2002"):
        respx_mock.get(f"{GRAPH}/{waba_id}/phone_numbers").respond(429)

    topics = await SendText().relies_on(newcomer, {"phoneNumberId": NUMBER})

    assert topics == [f"statuses:{WABA}", "statuses:2002"]


async def test_an_account_without_a_business_account_relies_on_nothing(
    context: RecordingContext,
) -> None:
    assert context.connected is not None
    context.connected.profile = {}

    assert await SendText().relies_on(context, {"phoneNumberId": "{{ a.b }}"}) == []
