"""What tests of the page do beside it: flows that run, people who write, and runs to look at."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from appmixer.demo import rehearsal
from appmixer.sandbox.world import seed

from .conftest import Site

DEADLINE_S = 60.0


async def connected(site: Site) -> None:
    """The account `acme`, by a token that was pasted, and its number registered."""
    account = {
        "service": rehearsal.CONNECTOR,
        "name": rehearsal.ACCOUNT,
        "accessToken": seed.SYSTEM_USER_TOKEN,
    }
    answer = await site.api.post("/api/accounts", json=account)
    assert answer.is_success, answer.text
    site.sandbox.world.numbers[seed.PHONE_NUMBER_ID].is_registered = True


async def started(site: Site, flow_id: str, document: Mapping[str, Any]) -> None:
    """A flow that runs, with an account of a registered number."""
    await connected(site)
    stored = await site.api.put(f"/api/flows/{flow_id}", json=document)
    assert stored.is_success, stored.text
    begun = await site.api.post(f"/api/flows/{flow_id}/start")
    assert begun.is_success, begun.text


async def says(site: Site, text: str) -> None:
    """The person writes on the phone."""
    message = {"type": "text", "text": {"body": text}}
    answer = await site.controls.post(f"/people/{seed.PERSON}/messages", json=message)
    assert answer.is_success, answer.text


async def waits_for_run(site: Site, *, count: int = 1, status: str = "", fate: str = "") -> str:
    """Return the id of the newest run, once there are so many of those that are looked for."""
    query = {key: value for key, value in (("status", status), ("fate", fate)) if value}
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while asyncio.get_running_loop().time() < deadline:
        runs = (await site.api.get("/api/runs", params=query)).json()["runs"]
        # One whose message has failed is found among the failed ones while it goes on.
        over = [each for each in runs if each["status"] == status or each["endedAt"] is not None]
        if len(over) >= count:
            return str(over[0]["id"])
        await asyncio.sleep(0.05)
    raise AssertionError(f"There is no such run: {query}")


async def hears(site: Site, flow_id: str, *, runs: int, events_per_second: int) -> None:
    """Have the stream tell of as many runs as a busy flow has, from beginning to end."""
    engine = site.running.engine
    owner = engine.owners.first_owner_id
    pause = 1 / events_per_second
    for number in range(runs):
        for kind, content in busy_run(flow_id, number):
            engine.stream.publish(owner, kind, content)
            await asyncio.sleep(pause)


def busy_run(flow_id: str, number: int) -> list[tuple[str, dict[str, Any]]]:
    run_id = uuid.uuid4().hex
    at = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000+00:00"
    run = {"runId": run_id, "flowId": flow_id}
    reply = {**run, "stepId": f"{run_id}.0", "component": "reply", "type": "appmixer.whatsapp.Send"}
    begun = {
        "version": 1,
        "isTest": False,
        "trigger": "incoming",
        "triggerType": "appmixer.whatsapp.NewMessage",
        "eventId": number + 1,
        "likeRunId": None,
        "conversation": "Sheena",
        "error": None,
    }
    step = {**reply, "attempt": 1, "startedAt": at}
    ended = {**step, "state": "completed", "error": None, "durationS": 0.01, "ports": {"sent": 1}}
    fates: list[dict[str, Any]] = [
        {"state": state, "at": at, "error": None, "silentSince": None, "reasons": []}
        for state in ("accepted", "delivered", "read")
    ]
    return [
        ("run", {**run, "state": "running", "at": at, "begun": begun}),
        ("begun", step),
        ("step", ended),
        ("run", {**run, "state": "completed", "at": at, "begun": None}),
        *(("fate", {**reply, "fate": fate}) for fate in fates),
    ]
