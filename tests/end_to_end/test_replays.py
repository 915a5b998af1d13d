"""An event that no flow took is given to a flow later: once, unless a person wants it again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..sandbox.browser import chromium, opened

if TYPE_CHECKING:
    from .conftest import World


@pytest.mark.parametrize("is_wanted", [True, False])
def test_the_page_asks_before_it_replays_an_event_again(
    ready: World, tmp_path: Path, is_wanted: bool
) -> None:
    flow = f"replayed-{is_wanted}".lower()
    ready.set_webhook()
    ready.engine_call("PATCH", f"/api/accounts/{account_id(ready)}", {"keepSubscribed": True})
    ready.start(flow, ready.auto_reply)
    ready.engine_call("POST", f"/api/flows/{flow}/stop")
    ready.says("16505551234")
    event = ready.wait_until(lambda: unrouted(ready), "the message is kept")[0]
    ready.engine_call("POST", f"/api/flows/{flow}/start")
    ready.engine_call("POST", f"/api/events/{event}/replay")
    ready.ended_run(flow, "completed")

    asked = asyncio.run(asked_on_the_page(ready, tmp_path, event, is_wanted))

    runs = ready.engine_call("GET", f"/api/runs?flowId={flow}")["runs"]
    assert asked.startswith("The event has been replayed already. ")
    assert len(runs) == (2 if is_wanted else 1)
    assert event not in unrouted(ready)


def account_id(world: World) -> str:
    [account] = world.engine_call("GET", "/api/accounts")["accounts"]
    return str(account["id"])


def unrouted(world: World) -> list[int]:
    events = world.engine_call("GET", "/api/events?unrouted=true")["events"]
    return [each["id"] for each in events if each["kind"] == "message"]


async def asked_on_the_page(world: World, folder: Path, event: int, is_wanted: bool) -> str:
    """Do what Replay does in a list that is older than the replay; return what was asked."""
    code, link = world.command("link")
    assert code == 0
    with chromium(folder) as browser:
        async with opened(browser, link.strip()) as page:
            answer = str(is_wanted).lower()
            await page.see(f"window.confirm = (asked) => (window.asked = asked, {answer}), true")
            await page.see(f"replay({event}).then(() => true)")
            return str(await page.see("window.asked"))
