"""Auto-reply with opening hours, played."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from .conftest import Stage

pytestmark = pytest.mark.anyio


async def test_who_writes_is_answered_by_the_hour_and_by_the_day(
    stage: Stage, monday: datetime
) -> None:
    stage.sandbox.register_number()
    await stage.start("opening_hours")
    days, hours = timedelta(days=1), timedelta(hours=1)

    for count, moment in enumerate((monday, monday + hours, monday + 6 * days + hours), 1):
        await stage.move_to(moment)
        await stage.says("Anybody there?")
        await stage.runs("opening_hours", count)

    hello, closed = (
        "Hello Sheena Nelson,",
        "here and we are closed. We answer on weekdays from 9 to 17.",
    )
    assert await stage.phone() == [
        f"{hello} it is Monday, 8:00 {closed}",
        f"{hello} thank you for writing. One of us answers within the hour.",
        f"{hello} it is Sunday, 9:00 {closed}",
    ]
