"""Two processes on one database: what one leaves, or does too late, the other does, and once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet

from ..ports import free_port
from .conftest import BIN, NUMBER, Process, World, running

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = [f"1650557{number:04d}" for number in range(10)]
A_FLOOD = 30  # messages
WAITS: dict[str, Any] = {
    "name": "Waits",
    "components": {
        "begin": {"type": "appmixer.utilities.OnStart"},
        "send": {
            "type": "appmixer.whatsapp.SendTemplate",
            "account": "acme",
            "source": {"in": {"begin": ["started"]}},
            "input": {
                "phoneNumberId": NUMBER,
                "to": f"+{PEOPLE[0]}",
                "templateName": "hello_world",
                "languageCode": "en_US",
                "waitFor": "delivered",
            },
        },
        "after": {
            "type": "appmixer.utilities.SetValues",
            "source": {"in": {"send": ["delivered"]}},
            "input": {"values": [{"name": "seen", "value": True}]},
        },
    },
}


@contextmanager
def standing_by(world: World, folder: Path) -> Generator[Process]:
    """Run a second engine on the same database, in a folder of its own."""
    first = world.engine
    port = free_port()
    [binary, up, _, _, _, _, *database] = first.command
    second = replace(
        first,
        command=[binary, up, "--data", str(folder / "second"), "--port", str(port), *database],
        url=f"http://127.0.0.1:{port}",
        log=folder / "second.log",
        running=None,
    )
    try:
        second.start()
        yield second
    finally:
        second.stop()


def test_a_process_that_hangs_is_taken_over_from_and_does_nothing_twice_when_it_goes_on(
    tmp_path: Path, postgres: str
) -> None:
    key = Fernet.generate_key().decode()
    command = [str(BIN / "appmixer")]
    with (
        running(tmp_path, command, database_url=postgres, secret_key=key) as world,
        standing_by(world, tmp_path) as second,
    ):
        first = world.engine
        world.wait_until(lambda: "turn_taken" in first.log.read_text(), "the first one is at work")
        set_up(world, second)
        world.engine = second
        try:
            write(world, 0)
            time.sleep(random.Random(20261129).uniform(0.1, 0.3))  # in the middle of the flood
            first.freeze()
            write(world, 1)
            world.wait_until(lambda: "turn_taken" in second.log.read_text(), "it is taken over")
            write(world, 2)
            world.wait_until(lambda: not world.has_work(), "all is done by the second", 600)
        finally:
            first.thaw()
        world.wait_until(lambda: "turn_over" in first.log.read_text(), "the first one notices")
        write(world, 3)
        world.wait_until(lambda: is_quiet(world, 4 * A_FLOOD), "all runs are at rest", 600)
        runs = world.runs(limit=1000)
        states = Counter(run["status"] for run in runs)
        said = {person: replies(world, person) for person in PEOPLE}
        log = second.log.read_text()

    assert len(runs) == len({run["eventId"] for run in runs}) == 4 * A_FLOOD
    assert [text for texts in said.values() for text, n in Counter(texts).items() if n > 1] == []
    # What was about to leave when the first one was stopped waits for its status, and says so.
    missing = 4 * A_FLOOD - sum(len(texts) for texts in said.values())
    assert states["completed"] + states["waiting"] == 4 * A_FLOOD, states
    assert missing <= states["waiting"] <= len(PEOPLE)
    assert "turn_over" not in log, "the second one has kept the turn"


def set_up(world: World, second: Process) -> None:
    for person in PEOPLE:
        world.sandbox_call("POST", "/_sandbox/people", {"waId": person, "name": person})
    world.sandbox_call("POST", "/_sandbox/settings", {"retryDelaysS": [0.2] * 600})
    callback = f"{second.url}/plugins/appmixer/whatsapp/events"
    answer = world.sandbox_call("POST", "/_sandbox/webhook", {"callbackUrl": callback})
    assert answer["verified"] is True
    world.register()
    world.connect("acme", "EAAsandbox")
    world.engine_call("PUT", "/api/flows/auto-reply", world.auto_reply)
    world.engine_call("POST", "/api/flows/auto-reply/start")


def write(world: World, flood: int) -> None:
    for number in range(A_FLOOD):
        text = {"type": "text", "text": {"body": f"{flood}.{number}"}}
        person = PEOPLE[number % len(PEOPLE)]
        world.sandbox_call("POST", f"/_sandbox/people/{person}/messages", text)


def is_quiet(world: World, messages: int) -> bool:
    hooks = world.sandbox_call("GET", "/_sandbox/webhooks?limit=1")
    runs = world.runs(limit=1000)
    at_rest = ("completed", "waiting", "unknown", "failed")
    return (
        hooks["waiting"] == 0
        and not world.has_work()
        and len(runs) == messages
        and all(run["status"] in at_rest for run in runs)
        and not any(world.is_tried_again(each) for each in runs)
    )


def replies(world: World, person: str) -> list[str]:
    return [
        message["content"]["body"]
        for message in world.phone(person)
        if message["from"] == "business"
    ]


def test_a_wait_of_a_process_that_died_is_ended_by_the_one_that_takes_over(
    tmp_path: Path, postgres: str
) -> None:
    key = Fernet.generate_key().decode()
    command = [str(BIN / "appmixer")]
    person = PEOPLE[0]
    with (
        running(tmp_path, command, database_url=postgres, secret_key=key) as world,
        standing_by(world, tmp_path) as second,
    ):
        first = world.engine
        world.wait_until(lambda: "turn_taken" in first.log.read_text(), "the first one is at work")
        set_up(world, second)
        world.sandbox_call("PATCH", f"/_sandbox/people/{person}", {"online": False})
        world.start("waits", WAITS)
        world.ended_run("waits", "waiting")
        world.engine = second

        first.kill()
        world.wait_until(lambda: "turn_taken" in second.log.read_text(), "it is taken over")
        world.sandbox_call("PATCH", f"/_sandbox/people/{person}", {"online": True})
        run = world.ended_run("waits", "completed")

        assert {*run["steps"][1]["output"]} == {"sent", "delivered"}
        assert [each["component"] for each in run["steps"]] == ["begin", "send", "after"]
        assert len(world.phone(person)) == 1
