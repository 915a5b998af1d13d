"""The button Test of the Meta App Dashboard: whose flows begin with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conftest import World


def listening(**properties: Any) -> dict[str, Any]:
    incoming = {"type": "appmixer.whatsapp.NewMessage", "account": "acme", "input": properties}
    return {"name": "Listening", "components": {"incoming": incoming}}


def heard(world: World, flow_id: str, count: int) -> list[bool]:
    """Wait for so many runs of a flow, and return which of them were tests, oldest first."""

    def found() -> list[dict[str, Any]]:
        runs = world.engine_call("GET", f"/api/runs?flowId={flow_id}")["runs"]
        return runs[::-1] if len(runs) == count and not world.has_work() else []

    runs = world.wait_until(found, f"{count} runs of {flow_id}")
    whole = [world.engine_call("GET", f"/api/runs/{run['id']}") for run in runs]
    return [run["steps"][0]["output"]["message"][0]["isTest"] for run in whole]


def test_a_test_starts_the_flows_that_asked_for_it_each_time_and_no_other(ready: World) -> None:
    ready.set_webhook()
    ready.start("asks-for-tests", listening(includeTests=True))
    ready.start("asks-for-none", listening())
    pressed = {"event": "dashboard_test.messages", "verbatim": True}

    for count in (1, 2):
        ready.sandbox_call("POST", "/_sandbox/trigger", pressed)
        assert heard(ready, "asks-for-tests", count) == [True] * count
    ready.says("16505551234")

    assert heard(ready, "asks-for-none", 1) == [False]
    assert heard(ready, "asks-for-tests", 3) == [True, True, False]
