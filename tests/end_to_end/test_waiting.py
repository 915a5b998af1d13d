"""Steps that wait for what becomes of a message: told over HTTP, and across restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .conftest import NUMBER

if TYPE_CHECKING:
    from .conftest import World

PERSON, OTHER = "16505551234", "16505557078"


def flow(wait_for: str, *ports: str, to: str = OTHER, seconds: int = 3600) -> dict[str, Any]:
    """Return a flow that writes to somebody when PERSON writes, and tells PERSON what became."""
    send = {"type": "appmixer.whatsapp.SendText", "account": "acme"}
    wish = {
        "text": "Are you there?",
        "waitFor": wait_for,
        "waitSeconds": seconds,
        "windowPolicy": "send",
    }
    told = {"phoneNumberId": NUMBER, "to": f"+{PERSON}"}
    words = {"failed": "failed with {{ ask.failed.code }}: {{ ask.failed.cure }}"}
    answers = {
        f"on_{port}": {
            **send,
            "source": {"in": {"ask": [port]}},
            "input": {**told, "text": words.get(port, f"{port} {{{{ ask.{port}.messageId }}}}")},
        }
        for port in ports
    }
    return {
        "name": "Waits",
        "components": {
            "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"},
            "ask": {
                **send,
                "source": {"in": {"incoming": ["message"]}},
                "input": {
                    "phoneNumberId": NUMBER,
                    "to": f"+{to}",
                    "text": "Are you there?",
                    **wish,
                },
            },
            **answers,
        },
    }


def begin(world: World, flow_id: str, document: dict[str, Any], **person: Any) -> None:
    """Start the flow where OTHER has written lately, and let PERSON write."""
    world.sandbox_call("POST", "/_sandbox/people", {"waId": OTHER, "name": "Other"})
    world.set_webhook()
    world.says(OTHER)
    world.wait_until(lambda: not world.has_work(), "OTHER has been heard")
    if person:
        change(world, **person)
    world.start(flow_id, document)
    world.says(PERSON)


def change(world: World, **person: Any) -> None:
    world.sandbox_call("PATCH", f"/_sandbox/people/{OTHER}", person)


def answers(world: World) -> list[str]:
    """Return what PERSON was told, by its first words."""
    return texts(world, PERSON)


def texts(world: World, person: str) -> list[str]:
    return [each["content"]["body"] for each in world.phone(person) if each["from"] == "business"]


def outputs(run: dict[str, Any]) -> set[str]:
    return set(ask_of(run)["output"])


def ask_of(run: dict[str, Any]) -> dict[str, Any]:
    [step] = [step for step in run["steps"] if step["component"] == "ask"]
    found: dict[str, Any] = step
    return found


def waiting(world: World, flow_id: str) -> dict[str, Any]:
    return world.ended_run(flow_id, "waiting")


def test_a_send_goes_on_at_sent_and_later_at_delivered(ready: World) -> None:
    begin(ready, "w-delivered", flow("delivered", "sent", "delivered"), online=False)
    waiting(ready, "w-delivered")
    ready.wait_until(lambda: len(answers(ready)) == 1, "what follows sent has happened")
    change(ready, online=True)
    run = ready.ended_run("w-delivered", "completed")

    assert outputs(run) == {"sent", "delivered"}
    assert [text.partition(" ")[0] for text in answers(ready)] == ["sent", "delivered"]
    assert texts(ready, OTHER) == ["Are you there?"]


def test_a_wait_for_read_is_not_over_when_the_message_is_delivered(ready: World) -> None:
    begin(ready, "w-read", flow("read", "read", "timeout"), online=False)
    waiting(ready, "w-read")
    change(ready, online=True)
    run = ready.ended_run("w-read", "completed")

    assert outputs(run) == {"sent", "read"}
    assert [text.partition(" ")[0] for text in answers(ready)] == ["read"]


def test_a_message_that_fails_later_goes_on_at_failed_with_its_cure(ready: World) -> None:
    failing = {"code": 131026, "count": 1}
    begin(ready, "w-failed", flow("delivered", "delivered", "failed"), failNext=failing)
    run = ready.ended_run("w-failed", "completed")

    assert outputs(run) == {"sent", "failed"}
    assert [text.partition(":")[0] for text in answers(ready)] == ["failed with 131026"]


def test_a_run_fails_whose_message_fails_where_nothing_is_for_that(ready: World) -> None:
    stranger = "16505557079"
    ready.sandbox_call("POST", "/_sandbox/people", {"waId": stranger, "name": "Stranger"})
    begin(ready, "w-unheard", flow("delivered", "delivered", to=stranger))
    run = ready.ended_run("w-unheard", "failed")
    found = ready.engine_call("GET", "/api/runs?flowId=w-unheard&status=failed")["runs"]

    assert ask_of(run)["status"] == "failed"
    assert ask_of(run)["error"]["code"] == 131047
    assert [each["id"] for each in found] == [run["id"]]
    assert answers(ready) == []


def test_a_wait_whose_time_is_over_goes_on_at_timeout(ready: World) -> None:
    begin(ready, "w-late", flow("delivered", "delivered", "timeout", seconds=1), online=False)
    run = ready.ended_run("w-late", "completed")

    assert outputs(run) == {"sent", "timeout"}
    assert ask_of(run)["output"]["timeout"][0]["status"] == "sent"


def test_a_flow_that_leads_on_from_a_port_that_stays_silent_is_refused(ready: World) -> None:
    answer = ready.ask("PUT", "/api/flows/w-silent", flow("accepted", "failed"))

    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert (fault["path"], "'waitFor' is" in fault["text"]) == (
        "components.on_failed.source.in.ask",
        True,
    )


def test_a_wait_goes_on_after_the_engine_was_killed(world: World) -> None:
    world.sandbox_call("POST", "/_sandbox/settings", {"retryDelaysS": [0.2] * 600})
    world.register()
    world.connect("acme", "EAAsandbox")
    begin(world, "w-killed", flow("read", "read"), online=False)
    waiting(world, "w-killed")

    world.engine.kill()
    change(world, online=True)
    world.engine.start()
    run = world.ended_run("w-killed", "completed")

    assert outputs(run) == {"sent", "read"}
    assert len(answers(world)) == 1


def test_a_wait_goes_on_as_its_own_version_says_after_an_upgrade(world: World) -> None:
    world.sandbox_call("POST", "/_sandbox/settings", {"retryDelaysS": [0.2] * 600})
    world.register()
    world.connect("acme", "EAAsandbox")
    begin(world, "w-upgraded", flow("delivered", "delivered"), online=False)
    waiting(world, "w-upgraded")

    world.engine.stop()
    world.engine.start()
    newer = flow("accepted", "sent")
    newer["components"]["on_sent"]["input"]["text"] = "of the newer version"
    world.start("w-upgraded", newer)
    change(world, online=True)
    run = world.ended_run("w-upgraded", "completed")

    assert (run["version"], outputs(run)) == (1, {"sent", "delivered"})
    assert [text.partition(" ")[0] for text in answers(world)] == ["delivered"]
    assert texts(world, OTHER) == ["Are you there?"]


def test_a_failed_wait_of_which_nothing_follows_is_told_to_the_flow_for_errors(
    ready: World,
) -> None:
    listen: dict[str, Any] = {
        "name": "Listen",
        "components": {"wrong": {"type": "appmixer.utilities.OnError", "input": {}}},
    }
    ready.start("w-errors", listen)
    failing = {"code": 131026, "count": 1}
    begin(ready, "w-lost", flow("delivered", "delivered"), failNext=failing)
    lost = ready.ended_run("w-lost", "failed")
    told = ready.ended_run("w-errors", "completed")

    [error] = told["steps"][0]["output"]["error"]
    assert (error["about"], error["runId"], error["step"]) == ("flow", lost["id"], "ask")
    assert error["title"] == ask_of(lost)["error"]["title"]
    assert error["cure"]
