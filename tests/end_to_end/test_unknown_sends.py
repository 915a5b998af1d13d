"""A send of unknown outcome has its end in words, and is sent again only where that is asked."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import BIN, NUMBER, running

if TYPE_CHECKING:
    from .conftest import World

PERSON = "16505551234"
HOUR_S = 3600
LATE = {"sent": HOUR_S, "delivered": HOUR_S + 1, "read": HOUR_S + 2, "played": HOUR_S + 3}
TWICE = (
    "It was sent a second time, because nothing was heard of the first; the person may have it "
    "twice."
)
SEND: dict[str, Any] = {
    "name": "Send",
    "components": {
        "begin": {"type": "appmixer.utilities.OnStart"},
        "send": {
            "type": "appmixer.whatsapp.SendTemplate",
            "account": "acme",
            "source": {"in": {"begin": ["started"]}},
            "input": {
                "phoneNumberId": NUMBER,
                "to": f"+{PERSON}",
                "templateName": "hello_world",
                "languageCode": "en_US",
            },
        },
    },
}
LISTEN: dict[str, Any] = {
    "name": "Listen",
    "components": {
        "wrong": {"type": "appmixer.utilities.OnError"},
        "status": {"type": "appmixer.whatsapp.MessageStatusUpdated", "account": "acme"},
    },
}


@pytest.fixture
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("impatient")
    # Nobody waits a quarter of an hour for a test.
    with running(folder, [str(BIN / "appmixer")], unknown_after_s=1) as world:
        world.set_webhook()
        world.register()
        world.connect("acme", "EAAsandbox")
        yield world


def titles(world: World) -> list[str]:
    runs = world.engine_call("GET", "/api/runs?flowId=listen")["runs"]
    whole = [world.engine_call("GET", f"/api/runs/{run['id']}") for run in runs]
    outputs: list[dict[str, Any]] = [run["steps"][0]["output"] or {} for run in whole]
    return [each["title"] for output in outputs for each in output.get("error", [])]


def test_an_unknown_send_is_sent_again_once_and_a_late_status_of_the_first_is_told(
    impatient: World,
) -> None:
    world = impatient
    world.sandbox_call("POST", "/_sandbox/settings", {"statusDelaysS": LATE})
    lost = {"endpoint": "messages", "kind": "acceptedThenLost", "count": 1}
    world.sandbox_call("POST", "/_sandbox/faults", lost)
    world.start("listen", LISTEN)
    world.start("send", SEND)
    run = world.ended_run("send", "unknown")

    _, said = world.command("run", "show", run["id"])
    refused, why = world.command("run", "retry", run["id"])
    once = len(world.phone(PERSON))
    again, _ = world.command("run", "retry", run["id"], "--even-if-unknown")
    done = world.ended_run("send", "completed")
    twice = len(world.phone(PERSON))
    world.sandbox_call("POST", "/_sandbox/clock", {"advanceS": HOUR_S + 60})
    world.wait_until(lambda: "A message was sent twice" in titles(world), "it is told")

    assert "Nobody knows whether the message was sent" in said
    assert "The connection broke at 20" in said
    assert "no status has come in the 1 s after it" in said
    assert "--even-if-unknown" in said
    assert (refused, again) == (1, 0)
    assert "Nobody knows whether the step happened" in why
    assert (once, twice) == (1, 2)
    assert done["id"] == run["id"]
    assert done["steps"][1]["attempt"] == 2
    sends = [each for each in world.calls() if each["path"].endswith("/messages")]
    assert len(sends) == 2
    _, refused_again = world.command("run", "retry", run["id"], "--even-if-unknown")
    assert "No step has failed" in refused_again


def test_a_send_that_never_arrived_is_sent_again_by_itself_where_the_flow_wants_it(
    impatient: World,
) -> None:
    world = impatient
    lost = {"endpoint": "messages", "kind": "disconnect", "count": 1}
    world.sandbox_call("POST", "/_sandbox/faults", lost)
    world.start("send", asking_again())
    run = world.ended_run("send", "completed")

    assert len(world.phone(PERSON)) == 1
    assert warning(run) == TWICE
    assert "Hello World" not in str(world.rows("SELECT value FROM store WHERE key LIKE 'send:%'"))


def test_a_send_that_was_taken_unheard_is_sent_twice_at_most_and_the_run_says_so(
    impatient: World,
) -> None:
    world = impatient
    world.sandbox_call("POST", "/_sandbox/settings", {"statusDelaysS": LATE})
    lost = {"endpoint": "messages", "kind": "acceptedThenLost", "count": 1}
    world.sandbox_call("POST", "/_sandbox/faults", lost)
    world.start("listen", LISTEN)
    world.start("send", asking_again())
    run = world.ended_run("send", "completed")
    twice = len(world.phone(PERSON))
    world.sandbox_call("POST", "/_sandbox/clock", {"advanceS": HOUR_S + 60})
    world.wait_until(lambda: "A message was sent twice" in titles(world), "it is told")

    assert warning(run) == TWICE
    assert twice == 2
    assert len(world.phone(PERSON)) == 2


def test_a_crash_in_the_second_send_ends_as_unknown_and_leads_to_no_third(
    impatient: World,
) -> None:
    world = impatient
    world.sandbox_call("POST", "/_sandbox/settings", {"statusDelaysS": LATE})
    lost = {"endpoint": "messages", "kind": "acceptedThenLost", "count": 1}
    slow = {"endpoint": "messages", "kind": "slow", "delayS": 600, "count": 1}
    for fault in (lost, slow):
        world.sandbox_call("POST", "/_sandbox/faults", fault)
    world.start("send", asking_again())
    world.wait_until(lambda: is_hit(world, "slow"), "the second is under way")

    world.engine.kill()
    world.engine.start()
    world.ended_run("send", "unknown")
    [run] = world.runs()
    _, said = world.command("run", "show", run["id"])

    assert "It was sent a second time then" in said
    assert "the person may have it twice" in said
    sends = [each for each in world.calls() if each["path"].endswith("/messages")]
    assert len(sends) <= 2


def asking_again() -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(SEND)
    document["components"]["send"]["input"]["whenUnknown"] = "sendAgain"
    return document


def warning(run: dict[str, Any]) -> str:
    return str(run["steps"][1]["output"]["sent"][0]["warning"])


def is_hit(world: World, kind: str) -> bool:
    faults = world.sandbox_call("GET", "/_sandbox/faults")["faults"]
    return not any(each["kind"] == kind and each["hits"] == 0 for each in faults)
