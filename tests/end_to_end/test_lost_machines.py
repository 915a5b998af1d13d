"""A process is killed in a flood and never comes back, nor does its folder: another one takes over.

What really arrived is asked of the sandbox, where people have their phones.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ..machine import slowness
from .conftest import World
from .machines import Balancer, machines
from .test_stand_by import is_quiet, replies

# A flood's messages, and how often whoever is at work is killed.
FLOODS = pytest.mark.parametrize(
    ("messages", "kills"), [(60, 1), pytest.param(500, 5, marks=pytest.mark.prove)]
)
UNKNOWN_AFTER_S = 20
# Sends that are under way at a kill: Meta never gets these, and those it takes unheard.
NEVER: dict[str, Any] = {"endpoint": "messages", "kind": "disconnect", "delayS": 600, "count": 2}
UNHEARD: dict[str, Any] = {"endpoint": "messages", "kind": "slow", "delayS": 1, "count": 3}
# Five times what is promised, and more on a machine that is slow at the moment.
SETTLED_S = 5 * 30


@FLOODS
def test_a_machine_that_is_lost_in_a_flood_costs_no_message_and_doubles_none(
    tmp_path: Path,
    postgres: str,
    record_property: Callable[[str, object], None],
    messages: int,
    kills: int,
) -> None:
    people = [f"1650558{number:04d}" for number in range(max(10, messages // 10))]
    moments = random.Random(20261130)
    with (
        machines(tmp_path, postgres, unknown_after_s=UNKNOWN_AFTER_S) as found,
        closing(Balancer(found)) as balancer,
    ):
        world = found.world
        for person in people:
            world.sandbox_call("POST", "/_sandbox/people", {"waId": person, "name": person})
        world.sandbox_call("POST", "/_sandbox/settings", {"retryDelaysS": [0.2] * 900})
        callback = f"{balancer.url}/plugins/appmixer/whatsapp/events"
        world.sandbox_call("POST", "/_sandbox/webhook", {"callbackUrl": callback})
        world.register()
        world.connect("acme", "EAAsandbox")
        world.start("auto-reply", world.auto_reply)
        sent = 0
        for kill in range(kills):
            until = messages * (kill + 1) // kills
            before = answered_late(world)
            for fault in (NEVER, UNHEARD):
                world.sandbox_call("POST", "/_sandbox/faults", fault)
            for number in range(sent, until):
                text = {"type": "text", "text": {"body": str(number)}}
                person = people[number % len(people)]
                world.sandbox_call("POST", f"/_sandbox/people/{person}/messages", text)
            sent = until
            world.wait_until(lambda: are_under_way(world), "sends are under way")
            time.sleep(moments.uniform(0.0, 0.4))  # the moment is what this test is about
            found.lose_the_one_at_work(partial(are_answered, world, before))
            if kill < kills - 1:
                found.begin()
        lost_at = time.monotonic()
        world.wait_until(
            lambda: is_quiet(world, messages), "runs are at rest", SETTLED_S * slowness()
        )
        settled_s = time.monotonic() - lost_at
        runs = world.runs(limit=1000)
        waiting = [run for run in runs if run["status"] == "waiting"]
        whole = [world.engine_call("GET", f"/api/runs/{run['id']}") for run in waiting]
        said = {person: replies(world, person) for person in people}
        world.wait_until(
            lambda: all(run["status"] != "waiting" for run in world.runs(limit=1000)),
            "nothing waits behind its deadline",
            UNKNOWN_AFTER_S + SETTLED_S * slowness(),
        )
        ended = Counter(run["status"] for run in world.runs(limit=1000))
        logs = "".join(each.log.read_text() for each in (*found.alive, *found.dead))

    record_property("taken over in seconds", found.takeovers_s)
    record_property("then settled in seconds", settled_s)
    assert len(runs) == len({run["eventId"] for run in runs}) == messages
    assert [text for texts in said.values() for text, n in Counter(texts).items() if n > 1] == []
    # Those of the first kills may have come to their deadline before the last.
    unsure = len(waiting) + sum(run["status"] == "unknown" for run in runs)
    missing = messages - sum(len(texts) for texts in said.values())
    # Beside those, what was about to leave when a machine was lost, of which only that one knew.
    assert NEVER["count"] * kills <= missing <= unsure <= kills * len(people)
    assert [reasons(run) for run in whole] == [WAITS_FOR] * len(whole)
    assert ended == {"completed": messages - missing, "unknown": missing}
    assert "Traceback" not in logs


WAITS_FOR = ["Nobody knows yet whether Meta took the message: its first status will tell."]


def are_under_way(world: World) -> bool:
    faults = world.sandbox_call("GET", "/_sandbox/faults")["faults"]
    return all(each["hits"] == each["count"] for each in faults)


def answered_late(world: World) -> set[str]:
    """Return the calls whose senders had to wait; Meta takes them, unless they are too many."""
    return {each["id"] for each in world.calls() if each["fault"] == "slow"}


def are_answered(world: World, before: set[str]) -> bool:
    return bool(len(answered_late(world) - before) == UNHEARD["count"])


def reasons(run: dict[str, Any]) -> list[str]:
    return [each["reason"] for each in run["waits"]]
