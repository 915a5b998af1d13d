"""Writing first, from a webhook and by schedule: the number's two ways, and what is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from .conftest import Elsewhere, Stage, steps

pytestmark = pytest.mark.anyio

HELLO = "Welcome! This message was sent from the sandbox to show that sending works."
STAFF, NOBODY = "16505559876", "+16505550000"


async def test_a_request_reaches_somebody_and_what_is_lost_goes_another_way(
    stage: Stage, monday: datetime, elsewhere: Elsewhere
) -> None:
    await stage.start("outreach_from_webhook", **{"https://sms.example.com": elsewhere.url})
    address = await stage.address("outreach_from_webhook")
    invoice = {"invoice": "A1", "phone": "+16505551234", "amount": 1234.5, "due": "2027-03-01"}

    async with httpx.AsyncClient(timeout=60) as crm:
        taken = await crm.post(address, json=invoice)
        await stage.runs("outreach_from_webhook", 1)
        await crm.post(address, json={**invoice, "invoice": "A2", "phone": NOBODY})
        await stage.runs("outreach_from_webhook", 2)
    await stage.move_to(monday + timedelta(minutes=1))
    runs = await stage.runs("outreach_from_webhook", 5)

    assert taken.status_code == 202
    # Once for each of the number's ways, and once for each report of the three messages.
    assert sorted(map(steps, runs)) == [
        ["crm", "sender", "isKnown", "firstTime", "remind"],
        ["crm", "sender", "isKnown", "remind"],
        ["report", "isLost"],
        ["report", "isLost"],
        ["report", "isLost", "otherWay"],
    ]
    assert await stage.phone(STAFF) == [HELLO]
    assert await stage.phone() == ["A payment of $1,234.50 is due on March 1, 2027, thank you."]
    assert elsewhere.told == [
        {
            "about": "invoice A2",
            "phone": NOBODY.removeprefix("+"),
            "reason": "Message undeliverable",
        }
    ]


async def test_a_schedule_reaches_everybody_who_is_due(
    stage: Stage, monday: datetime, elsewhere: Elsewhere
) -> None:
    elsewhere.gives = (
        "invoice,phone,amount,due\nB1,+16505551234,80,2027-03-01\nB2,+16505550000,7.5,2027-03-01\n"
    )
    addresses = {"https://sms.example.com": elsewhere.url, "https://crm.example.com": elsewhere.url}
    await stage.start("outreach_by_schedule", **addresses)

    await stage.move_to(monday + timedelta(hours=1))
    await stage.runs("outreach_by_schedule", 1)
    await stage.move_to(monday + timedelta(hours=1, minutes=1))
    await stage.runs("outreach_by_schedule", 4)

    day = f"{monday + timedelta(days=3):%Y-%m-%d}"
    assert elsewhere.asked == [f"/payments.csv?due={day}"]
    assert await stage.phone(STAFF) == [HELLO]
    assert await stage.phone() == ["A payment of $80.00 is due on March 1, 2027, thank you."]
    assert [each["about"] for each in elsewhere.told] == ["payment B2"]
