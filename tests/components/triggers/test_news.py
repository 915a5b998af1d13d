"""What Meta tells of accounts, numbers and templates starts the flows of their owners."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import load_connectors
from appmixer.engine.contract.testing import RecordingContext
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.documents import find_faults

from .heard import body, outputs

pytestmark = pytest.mark.anyio

STATUS = "fields.message_template_status_update"


def said(output: dict[str, Any]) -> dict[str, Any]:
    """What an output says of its own, without what all news have."""
    shared = {"wabaId", "field", "time", "isTest", "raw"}
    empty: tuple[Any, ...] = (None, [])
    return {key: each for key, each in output.items() if key not in shared and each not in empty}


@pytest.mark.parametrize(
    ("trigger", "webhook", "expected"),
    [
        (
            "TemplateStatusUpdated",
            f"{STATUS}.REJECTED",
            {
                "templateId": "1689556908129832",
                "templateName": "order_confirmation",
                "language": "en_US",
                "status": "REJECTED",
                "category": "MARKETING",
                "reason": "INVALID_FORMAT",
                "explanation": "Your template has parameters placed next to each other without "
                "text or punctuation between them.",
                "recommendation": "Separate parameters with descriptive text and make each "
                "parameter clear from its context.",
            },
        ),
        (
            "TemplateStatusUpdated",
            f"{STATUS}.DISABLED",
            {
                "templateId": "1689556908129832",
                "templateName": "order_confirmation",
                "language": "en_US",
                "status": "DISABLED",
                "category": "MARKETING",
                "reason": "NONE",
                "noteTitle": "DISABLED",
                "note": "Your WhatsApp message template has been disabled.",
                "disabledAt": "2026-09-21T14:13:20Z",
            },
        ),
        (
            "TemplateQualityUpdated",
            "fields.message_template_quality_update",
            {
                "templateId": "806312974732579",
                "templateName": "welcome_template",
                "language": "en_US",
                "quality": "YELLOW",
                "previousQuality": "GREEN",
            },
        ),
        (
            "TemplateCategoryUpdated",
            "fields.template_category_update.impending",
            {
                "templateId": "278077987957091",
                "templateName": "welcome_template",
                "language": "en_US",
                "category": "UTILITY",
                "comingCategory": "MARKETING",
                "changesAt": "2026-09-22T14:13:20Z",
            },
        ),
        (
            "PhoneNumberQualityUpdated",
            "fields.phone_number_quality_update.THROUGHPUT_UPGRADE",
            {
                "displayPhoneNumber": "15550783881",
                "event": "THROUGHPUT_UPGRADE",
                "messagingLimit": "TIER_UNLIMITED",
                "currentLimit": "TIER_UNLIMITED",
            },
        ),
        (
            "AccountUpdated",
            "fields.account_update.ACCOUNT_RESTRICTION",
            {
                "event": "ACCOUNT_RESTRICTION",
                "restrictions": [
                    {
                        "type": "RESTRICTED_BIZ_INITIATED_MESSAGING",
                        "endsAt": "2026-09-24T14:13:20Z",
                    },
                    {
                        "type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION",
                        "endsAt": "2026-09-24T14:13:20Z",
                    },
                ],
            },
        ),
        (
            "AccountUpdated",
            "fields.account_update.DISABLED_UPDATE",
            {
                "event": "DISABLED_UPDATE",
                "banState": "SCHEDULE_FOR_DISABLE",
                "banDate": "October 17, 2026",
            },
        ),
        (
            "AccountUpdated",
            "fields.account_alerts.profile_picture_lost",
            {
                "alertType": "PROFILE_PICTURE_LOST",
                "alertSeverity": "WARNING",
                "alertDescription": "Please reupload your profile picture",
                "entityType": "PHONE_NUMBER",
                "entityId": "106540352242922",
            },
        ),
        ("AccountUpdated", "fields.account_review_update", {"decision": "APPROVED"}),
        (
            "AccountUpdated",
            "fields.business_capability_update",
            {"dailyLimit": 2000, "maxPhoneNumbers": 25},
        ),
    ],
)
async def test_news_are_typed(
    quiet: RecordingContext, trigger: str, webhook: str, expected: dict[str, Any]
) -> None:
    [output] = await outputs(quiet, trigger, webhook)

    [change] = body(webhook)["entry"][0]["changes"]
    assert said(output) == expected
    assert (output["field"], output["raw"]) == (change["field"], change["value"])
    assert output["wabaId"] == "102290129340398"


@pytest.mark.parametrize(
    ("trigger", "webhook", "properties", "expected"),
    [
        ("TemplateStatusUpdated", f"{STATUS}.PAUSED", {"statuses": ["PAUSED", "REJECTED"]}, 1),
        ("TemplateStatusUpdated", f"{STATUS}.APPROVED", {"statuses": ["PAUSED", "REJECTED"]}, 0),
        ("AccountUpdated", "fields.account_alerts", {"fields": ["account_alerts"]}, 1),
        ("AccountUpdated", "fields.account_alerts", {"fields": ["account_update"]}, 0),
        (
            "AccountUpdated",
            "fields.account_update.ACCOUNT_VIOLATION",
            {"events": ["ACCOUNT_VIOLATION"]},
            1,
        ),
        (
            "AccountUpdated",
            "fields.account_update.ACCOUNT_DELETED",
            {"events": ["ACCOUNT_VIOLATION"]},
            0,
        ),
        ("AccountUpdated", "fields.account_review_update", {"events": ["APPROVED"]}, 1),
        ("TemplateQualityUpdated", f"{STATUS}.PAUSED", {}, 0),
        ("TemplateStatusUpdated", f"{STATUS}.PAUSED", {"businessAccountId": "2002"}, 0),
    ],
)
async def test_news_can_be_chosen(
    quiet: RecordingContext,
    trigger: str,
    webhook: str,
    properties: dict[str, Any],
    expected: int,
) -> None:
    assert len(await outputs(quiet, trigger, webhook, **properties)) == expected


@pytest.mark.parametrize("word", ["?", "account violation", "Account_Violation"])
def test_a_flow_is_not_stored_that_waits_for_what_is_no_word_of_metas(word: str) -> None:
    asked = {"events": ["ACCOUNT_VIOLATION", word]}
    heard = {"type": "appmixer.whatsapp.AccountUpdated", "account": "acme", "input": asked}

    _, faults = find_faults(
        {"name": "News", "components": {"on": heard}}, component_types(load_connectors())
    )

    [fault] = faults
    assert fault.path == "components.on.input.events[1]"
    assert "has to be a word of capital letters, digits and _" in fault.text


async def test_news_without_an_object_start_nothing(quiet: RecordingContext) -> None:
    parsed = body("fields.account_update.ACCOUNT_DELETED")
    parsed["entry"][0]["changes"][0]["value"] = ["odd"]

    assert await outputs(quiet, "AccountUpdated", parsed) == []
