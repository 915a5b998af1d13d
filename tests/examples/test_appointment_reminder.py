"""Reminders of appointments by schedule, played."""

from __future__ import annotations

from datetime import datetime, timedelta

import anyio.to_thread
import pytest

from .conftest import Elsewhere, Stage

pytestmark = pytest.mark.anyio

TEMPLATE = {
    "name": "appointment_soon",
    "language": "en_US",
    "category": "UTILITY",
    "library_template_name": "appointment_soon_1",
}


async def test_who_comes_tomorrow_is_reminded_every_evening(
    stage: Stage, monday: datetime, elsewhere: Elsewhere
) -> None:
    stage.sandbox.register_number()
    graph = stage.sandbox.graph()
    path = f"/{stage.sandbox.waba_id}/message_templates"
    made = await anyio.to_thread.run_sync(lambda: graph.post(path, json=TEMPLATE))
    assert made.is_success, made.text
    elsewhere.gives = "name,phone,at\nSheena,(650) 555-1234,2027-01-05T09:30:00+01:00\n"
    await stage.start("appointment_reminder", **{"https://calendar.example.com": elsewhere.url})

    await stage.move_to(monday + timedelta(hours=10))
    await stage.runs("appointment_reminder", 1)
    await stage.move_to(monday + timedelta(hours=34))
    await stage.runs("appointment_reminder", 2)

    days = [f"{monday + timedelta(days=each):%Y-%m-%d}" for each in (1, 2)]
    assert elsewhere.asked == [f"/appointments.csv?day={each}" for each in days]
    assert await stage.phone() == 2 * [
        "Hi Sheena, your appointment is on Tuesday, January 5, at 9:30 AM at our branch."
    ]
