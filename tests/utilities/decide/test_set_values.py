"""Set Values: names for values, which later steps read."""

from __future__ import annotations

import pytest

from ..site import Site, flow, outputs, step

pytestmark = pytest.mark.anyio


async def test_later_steps_read_values_by_the_names_they_were_given(site: Site) -> None:
    given = [
        {"name": "whom", "value": "world"},
        {"name": "many", "value": [1, 2]},
        {"name": "sum", "value": "{{ 40 + 2 }}"},
    ]
    greeting = {"name": "greeting", "value": "Hello {{ shaped.out.whom }} {{ shaped.out.sum }}"}

    run = await site.play(
        flow(
            shaped=step("SetValues", {"values": given}, "begin.started"),
            greeted=step("SetValues", {"values": [greeting]}, "shaped.out"),
        )
    )

    assert run["status"] == "completed"
    assert outputs(run)["shaped"] == {"out": [{"whom": "world", "many": [1, 2], "sum": 42}]}
    assert outputs(run)["greeted"] == {"out": [{"greeting": "Hello world 42"}]}
