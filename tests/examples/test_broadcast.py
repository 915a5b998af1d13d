"""A broadcast from a table, played."""

from __future__ import annotations

import pytest

from .conftest import Stage

pytestmark = pytest.mark.anyio


async def test_everybody_in_the_table_who_has_agreed_is_written_to(stage: Stage) -> None:
    stage.sandbox.register_number()
    await stage.store("broadcast")
    table = (
        "name;phone;amount;due;agreed\nUma;+16505559876;99;01.03.2027;Yes\nIvo;+16505551234;5;;no\n"
    )

    of_the_flow = await stage.run_now("broadcast")
    of_ones_own = await stage.run_now("broadcast", values={"table": table})

    assert [of_the_flow["status"], of_ones_own["status"]] == ["completed", "completed"]
    assert await stage.phone() == ["A payment of $1,234.50 is due on October 2, 2026, thank you."]
    assert await stage.phone("16505559876") == [
        "A payment of $99.00 is due on March 1, 2027, thank you."
    ]
