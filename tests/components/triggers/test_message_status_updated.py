"""Message Status Updated starts a run for those statuses that its filters ask for."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from appmixer.engine.contract.testing import RecordingContext

from .heard import body, outputs

pytestmark = pytest.mark.anyio

WITH_REFERENCE = "statuses.sent.biz_opaque_callback_data"


@pytest.mark.parametrize(
    ("webhook", "properties", "expected"),
    [
        ("statuses.failed.131047", {"onlyFailed": True}, True),
        ("statuses.read", {"onlyFailed": True}, False),
        ("statuses.read", {"onlyFailed": True, "statuses": ["read"]}, False),
        ("statuses.read", {"statuses": ["read"]}, True),
        ("statuses.read", {"people": ["+1 650 555 1234"]}, True),
        ("statuses.read", {"people": ["+1 650 555 9876"]}, False),
        ("statuses.delivered.bsuid", {"people": ["US.13491208655302741918"]}, True),
        (WITH_REFERENCE, {"reference": "order:"}, True),
        (WITH_REFERENCE, {"reference": "invoice:"}, False),
        ("statuses.read", {"reference": "order:"}, False),
        ("fields.standby.status", {}, False),
        ("fields.standby.status", {"includeStandby": True}, True),
    ],
)
async def test_statuses_can_be_chosen(
    quiet: RecordingContext, webhook: str, properties: dict[str, Any], expected: bool
) -> None:
    found = await outputs(quiet, "MessageStatusUpdated", webhook, **properties)

    assert bool(found) == expected


async def test_messages_of_the_flow_itself_can_be_asked_for_alone(quiet: RecordingContext) -> None:
    quiet.steps_of_flow.add("run-1:reply")
    senders = {
        "mine": "appmixer.step=run-1:reply&order:860198",
        "another flow's": "appmixer.step=run-2:reply&order:860198",
        "not sent here": "order:860198",
    }

    async def heard(sender: str, *, only_this_flow: bool) -> bool:
        parsed = copy.deepcopy(body(WITH_REFERENCE))
        [status] = parsed["entry"][0]["changes"][0]["value"]["statuses"]
        status["biz_opaque_callback_data"] = sender
        asked = {"onlyThisFlow": only_this_flow}
        return bool(await outputs(quiet, "MessageStatusUpdated", parsed, **asked))

    alone = {name: await heard(each, only_this_flow=True) for name, each in senders.items()}
    of_all = {name: await heard(each, only_this_flow=False) for name, each in senders.items()}

    assert alone == {"mine": True, "another flow's": False, "not sent here": False}
    assert of_all == dict.fromkeys(senders, True)


async def test_the_reference_of_a_flow_is_told_from_the_key_of_its_step(
    quiet: RecordingContext,
) -> None:
    parsed = copy.deepcopy(body(WITH_REFERENCE))
    [status] = parsed["entry"][0]["changes"][0]["value"]["statuses"]
    status["biz_opaque_callback_data"] = "appmixer.step=run-1:reply&order:860198"

    found = await outputs(quiet, "MessageStatusUpdated", parsed, reference="order:")

    assert [each["opaqueData"] for each in found] == ["order:860198"]
    assert not await outputs(quiet, "MessageStatusUpdated", parsed, reference="appmixer")
