"""What became of a message stands in the run that sent it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conftest import World

PERSON, STRANGER = "16505551234", "16505557077"


def fate_of(world: World, run_id: str, state: str) -> dict[str, Any]:
    """Wait for the fate of the run's reply, and return the run as it is then."""

    def found() -> Any:
        run = world.engine_call("GET", f"/api/runs/{run_id}")
        fate: dict[str, Any] = run["steps"][1]["fate"] or {}
        return run if fate.get("state") == state else None

    run: dict[str, Any] = world.wait_until(found, f"the reply is {state}")
    return run


def test_a_reply_is_followed_until_it_was_read(ready: World) -> None:
    ready.set_webhook()
    ready.start("followed", ready.auto_reply)
    ready.says(PERSON)
    run_id = ready.ended_run("followed", "completed")["id"]

    run = fate_of(ready, run_id, "read")
    code, shown = ready.command("run", "show", run_id)

    assert (run["status"], run["fates"]) == ("completed", {"read": 1})
    assert [each["status"] for each in ready.phone(PERSON)[-1]["statuses"]][-1] == "read"
    assert code == 0
    assert "\n    read 20" in shown
    assert "It is completed" in shown


def test_a_message_that_was_accepted_and_lost_is_found_under_failed(ready: World) -> None:
    ready.sandbox_call("POST", "/_sandbox/people", {"waId": STRANGER, "name": "Nobody"})
    ready.set_webhook()
    document = json.loads(json.dumps(ready.auto_reply))
    document["components"]["reply"]["input"]["to"] = f"+{STRANGER}"
    ready.start("fate-lost", document)
    ready.says(PERSON)
    run_id = ready.ended_run("fate-lost", "completed")["id"]

    error = fate_of(ready, run_id, "failed")["steps"][1]["fate"]["error"]
    failed = ready.engine_call("GET", "/api/runs?flowId=fate-lost&status=failed")["runs"]
    _, shown = ready.command("run", "show", run_id)
    _, listed = ready.command("flow", "runs", "fate-lost")

    assert error["code"] == 131047
    assert "24" in error["cause"]
    assert error["cure"] in shown
    assert [each["id"] for each in failed] == [run_id]
    assert listed.rstrip().endswith("1 failed")
