"""A template to thousands of people while the engine dies again and again: one message for each."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from .conftest import NUMBER, World, running
from .moved_engine import ENGINE, moved

BUSINESS = "506914307656634"
# Longer than a send waits for the status that tells what became of it.
A_WAIT_S = 16 * 60.0
PAGE = 500
SIZES = pytest.mark.parametrize(
    ("people", "kills"), [(100, 3), pytest.param(2_000, 100, marks=pytest.mark.prove)]
)


def broadcast(people: Sequence[str]) -> dict[str, Any]:
    """Return a flow that reads a table of people and sends a template to each."""
    return {
        "name": "Broadcast",
        "components": {
            "begin": {"type": "appmixer.utilities.OnStart", "input": {}},
            "people": {
                "type": "appmixer.utilities.ReadCsv",
                "source": {"in": {"begin": ["started"]}},
                # Two at a time, so that there is something left for every kill.
                "input": {"text": "\n".join(["phone", *people]), "atOnce": 2},
            },
            "send": {
                "type": "appmixer.whatsapp.SendTemplate",
                "account": "acme",
                "source": {"in": {"people": ["row"]}},
                "input": {
                    "phoneNumberId": NUMBER,
                    "to": "+{{ people.row.values.phone }}",
                    "templateName": "hello_world",
                    "languageCode": "en_US",
                },
            },
        },
    }


@SIZES
def test_every_person_gets_one_message_or_the_run_says_unknown_for_exactly_those_who_lack_it(
    tmp_path: Path, people: int, kills: int
) -> None:
    send_to_all(tmp_path, people, kills)


@SIZES
def test_the_same_on_postgresql(tmp_path: Path, postgres: str, people: int, kills: int) -> None:
    send_to_all(tmp_path, people, kills, database_url=postgres)


def send_to_all(folder: Path, size: int, kills: int, database_url: str = "") -> None:
    """Write to many while the engine is killed, and count what is on the phones."""
    people = [f"1650559{n:04d}" for n in range(size)]
    moments = random.Random(20261129)
    with moved(folder) as move, running(folder, ENGINE, database_url=database_url) as world:
        prepare(world, people)
        run_id = begin(world, people)
        begun = [0]

        def goes_on() -> bool:
            lists = world.engine_call("GET", f"/api/runs/{run_id}")["lists"]
            begun.append(lists[0]["begun"] if lists else 0)
            return begun[-1] > begun[-2]

        for _ in range(kills):
            world.wait_until(goes_on, "more is sent")
            time.sleep(moments.uniform(0.0, 0.1))  # the random moment is what this test is about
            world.engine.kill()
            world.engine.start()
        world.wait_until(partial(is_at_rest, world, run_id), "all is sent or waits", 600)
        move(A_WAIT_S)
        world.wait_until(partial(has_ended, world, run_id), "the run has ended", 600)
        taken = {person: len(world.phone(person)) for person in people}
        states = states_of(world, run_id)

    assert max(begun) < size, "every kill was in the middle of the broadcast"
    assert {person for person, count in taken.items() if count > 1} == set()
    assert set(states) == set(people)
    lacking = {person for person, count in taken.items() if count == 0}
    assert {person for person, state in states.items() if state == "unknown"} == lacking
    assert set(states.values()) <= {"completed", "unknown"}


def prepare(world: World, people: Sequence[str]) -> None:
    world.sandbox_call("POST", "/_sandbox/settings", {"retryDelaysS": [0.2] * 600})
    everybody = [{"waId": each, "name": each} for each in people]
    world.sandbox_call("POST", "/_sandbox/world?mode=add", {"people": everybody})
    world.sandbox_call("PATCH", f"/_sandbox/businesses/{BUSINESS}", {"messagingLimit": "TIER_10K"})
    world.set_webhook()
    world.register()
    world.connect("acme", "EAAsandbox")
    # The account's events come while a flow listens, and statuses are among them.
    incoming = {"type": "appmixer.whatsapp.NewMessage", "account": "acme"}
    world.start("listen", {"name": "Listen", "components": {"incoming": incoming}})


def begin(world: World, people: Sequence[str]) -> str:
    world.engine_call("PUT", "/api/flows/broadcast", broadcast(people))
    begun = world.engine_call("POST", "/api/flows/broadcast/run", {"values": {}})
    return str(begun["runId"])


def is_at_rest(world: World, run_id: str) -> bool:
    """Say whether every send has ended, or waits for a status."""
    run = world.engine_call("GET", f"/api/runs/{run_id}")
    if run["status"] == "running" or world.is_tried_again(run):
        return False
    hooks = world.sandbox_call("GET", "/_sandbox/webhooks?limit=1")
    return hooks["waiting"] == 0 and not world.has_work()


def has_ended(world: World, run_id: str) -> bool:
    return bool(world.engine_call("GET", f"/api/runs/{run_id}")["endedAt"])


def states_of(world: World, run_id: str) -> dict[str, str]:
    """Return how the send to each person ended."""
    found: dict[str, str] = {}
    path = f"/api/runs/{run_id}/steps?limit={PAGE}"
    page = world.engine_call("GET", path)
    while page["steps"]:
        sends = [each for each in page["steps"] if each["component"] == "send"]
        found |= {each["input"]["to"].removeprefix("+"): each["status"] for each in sends}
        page = world.engine_call("GET", f"{path}&after={quote(page['next'])}")
    return found
