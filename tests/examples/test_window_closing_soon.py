"""Window Closing Soon, played on a whole engine whose clock and Meta's are moved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from anyio import to_thread

from .conftest import Stage, given

pytestmark = pytest.mark.anyio

NUMBER = "106540352242922"
FLOW = {
    "name": "Remind",
    "components": {
        "closing": {
            "type": "appmixer.whatsapp.WindowClosingSoon",
            "account": "acme",
            "input": {"minutesBefore": 60},
        },
        "answer": {
            "type": "appmixer.whatsapp.SendText",
            "account": "acme",
            "source": {"in": {"closing": ["closing"]}},
            "input": {
                "phoneNumberId": "{{ closing.closing.phoneNumberId }}",
                "to": "{{ closing.closing.replyTo }}",
                "text": "We are still looking into it.",
            },
        },
    },
}
TELL: dict[str, Any] = {
    "name": "Tell",
    "components": {
        "heard": {"type": "appmixer.whatsapp.NewMessage", "account": "acme", "input": {}},
        "sent": {
            "type": "appmixer.whatsapp.MessageStatusUpdated",
            "account": "acme",
            "input": {"statuses": ["sent"]},
        },
        "shop": {"type": "appmixer.utilities.Webhook"},
        "tell": {
            "type": "appmixer.whatsapp.SendText",
            "account": "acme",
            "source": {"in": {"shop": ["request"]}},
            "input": {"phoneNumberId": NUMBER, "to": "+16505551234", "text": "Soon."},
        },
    },
}


async def play(stage: Stage) -> None:
    await to_thread.run_sync(stage.sandbox.register_number)
    for name, flow in {"remind": FLOW, "tell": TELL}.items():
        await stage.call("PUT", f"/api/flows/{name}", flow)
        await stage.call("POST", f"/api/flows/{name}/start")


async def noted(stage: Stage, runs: int) -> None:
    """Wait until the engine has taken in what the sandbox told of: each begins a run."""

    async def found() -> bool:
        return len((await stage.call("GET", "/api/runs?flowId=tell"))["runs"]) >= runs

    await stage.until(found)


async def woken(stage: Stage) -> None:
    """Let some minutes pass, one by one, so that the clock is looked at in each."""
    for _ in range(3):
        before = await wakes_at(stage)
        now = stage.clock.now
        await stage.move_to(stage.monday + timedelta(seconds=now - stage.monday.timestamp() + 60))

        async def moved(before: str = before) -> bool:
            return await wakes_at(stage) != before

        await stage.until(moved)


async def wakes_at(stage: Stage) -> str:
    [wake] = (await stage.call("GET", "/api/flows/remind"))["wakes"]
    return str(wake["nextAt"])


async def test_who_waits_is_told_of_once_before_the_window_closes(stage: Stage) -> None:
    await play(stage)
    await stage.says("Where is it?")
    await noted(stage, 1)
    await stage.move_to(stage.monday + timedelta(hours=22, minutes=50))
    await woken(stage)
    before = (await stage.call("GET", "/api/runs?flowId=remind"))["runs"]

    await stage.move_to(stage.monday + timedelta(hours=23, minutes=1))
    [run] = await stage.runs("remind", 1)
    await woken(stage)

    assert before == []
    assert given(run, "answer", "sent")["window"]["state"] == "open"
    assert await stage.phone() == ["We are still looking into it."]
    assert len((await stage.call("GET", "/api/runs?flowId=remind"))["runs"]) == 1


async def test_who_was_answered_is_not_told_of(stage: Stage) -> None:
    await play(stage)
    await stage.says("Where is it?")
    await noted(stage, 1)
    await stage.move_to(stage.monday + timedelta(minutes=5))
    await stage.api.post(await stage.address("tell"), json={})
    # What is sent before the clock is moved is reported of after it.
    await stage.runs("tell", 2)
    await stage.move_to(stage.monday + timedelta(minutes=6))
    await noted(stage, 3)

    await stage.move_to(stage.monday + timedelta(hours=23, minutes=1))
    await woken(stage)

    assert (await stage.call("GET", "/api/runs?flowId=remind"))["runs"] == []
