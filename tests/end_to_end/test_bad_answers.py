"""What Graph gets wrong, and tokens that end: nothing is lost, said twice or left unexplained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import World

NUMBER = "106540352242922"
PEOPLE = ("16505551234", "16505559876")
DOUBT = "Nobody knows yet whether Meta took the message: its first status will tell."
HOST_RETRIES = "It is tried again by itself."
LOOK = "Look in WhatsApp whether it happened before running it again: a repeat could do it twice."
HTML_500 = {"kind": "html", "httpStatus": 500}
HTML_200 = {"kind": "html", "httpStatus": 200}
GRAPH_500 = {"code": 2, "httpStatus": 500}
HALF = {"kind": "truncated"}
EMPTY = {"kind": "empty"}
NOTHING = {"kind": "disconnect"}
THROTTLED = {"code": 130429, "httpStatus": 429, "retryAfterS": 7}
THROTTLED_HTML = {"kind": "html", "httpStatus": 429, "retryAfterS": 9}
WABA = "102290129340398"
EXPIRED = {"code": 190, "subcode": 463}


@pytest.mark.parametrize(
    ("fault", "seen", "arrived"),
    [
        (HTML_500, "500", 0),
        (HTML_200, "200", 0),
        (GRAPH_500, "500", 0),
        (EMPTY, "200", 0),
        (NOTHING, "0", 0),
        (HALF, "200", 1),
        ({"kind": "acceptedThenLost"}, "0", 1),
    ],
)
def test_a_send_without_a_usable_answer_is_left_in_doubt_and_never_repeated(
    ready: World, fault: dict[str, Any], seen: str, arrived: int
) -> None:
    break_calls(ready, "messages", fault)

    answer = ready.try_out("SendText", phoneNumberId=NUMBER, to=f"+{PEOPLE[0]}", text="hi")

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "waiting", "output": {}, "error": None, "fate": None, "reason": DOUBT},
    )
    assert ready.asked() == [f"POST messages {seen}"]
    assert len(ready.phone(PEOPLE[0])) == arrived


@pytest.mark.parametrize(
    ("fault", "title", "after_s"),
    [(THROTTLED, "Rate limit hit", 7.0), (THROTTLED_HTML, "Too many calls", 9.0)],
)
def test_a_throttled_send_is_for_later_as_meta_says_when(
    ready: World, fault: dict[str, Any], title: str, after_s: float
) -> None:
    break_calls(ready, "messages", fault)

    answer = ready.try_out("SendText", phoneNumberId=NUMBER, to=f"+{PEOPLE[0]}", text="hi")

    error = answer.json()["error"]
    assert answer.json()["status"] == "retrying"
    assert (error["kind"], error["title"], error["retryAfterS"]) == (
        "ThrottledError",
        title,
        after_s,
    )
    assert error["cause"]
    assert error["cure"]
    assert ready.asked() == ["POST messages 429"]


def test_a_slow_answer_is_waited_for(ready: World) -> None:
    break_calls(ready, "messages", {"kind": "slow", "delayS": 0.5})

    answer = ready.try_out("SendText", phoneNumberId=NUMBER, to=f"+{PEOPLE[0]}", text="hi")

    assert answer.json()["status"] == "completed"
    assert ready.asked() == ["POST messages 200"]


@pytest.mark.parametrize(
    ("fault", "seen", "title", "cause"),
    [
        (HTML_500, "500", "No usable answer from Meta", "HTTP 500 came without"),
        (GRAPH_500, "500", "API Service", "overloaded or down"),
        (HALF, "200", "No usable answer from Meta", "no JSON object"),
        (NOTHING, "0", "No usable answer from Meta", "ended before the answer was complete"),
    ],
)
def test_a_read_is_tried_three_times_and_then_left_to_the_host(
    ready: World, fault: dict[str, Any], seen: str, title: str, cause: str
) -> None:
    break_calls(ready, NUMBER, fault)

    answer = ready.try_out("GetPhoneNumber", phoneNumberId=NUMBER)

    error = answer.json()["error"]
    assert answer.json()["status"] == "retrying"
    assert (error["kind"], error["title"]) == ("ThrottledError", title)
    assert cause in error["cause"]
    assert "tried again" in error["cure"]
    assert ready.asked() == [f"GET {NUMBER} {seen}"] * 3


@pytest.mark.parametrize(
    ("fault", "seen"),
    [(HTML_500, "500"), (HTML_200, "200"), (GRAPH_500, "500"), (HALF, "200"), (NOTHING, "0")],
)
def test_a_registration_without_a_usable_answer_is_made_once(
    ready: World, fault: dict[str, Any], seen: str
) -> None:
    break_calls(ready, "register", fault)

    answer = ready.try_out("RegisterPhoneNumber", phoneNumberId=NUMBER, pin="000000")

    assert answer.json()["status"] == "unknown"
    assert answer.json()["error"]["kind"] == "OutcomeUnknownError"
    assert answer.json()["error"]["cure"] == LOOK
    assert ready.asked() == [f"POST register {seen}"]


def test_a_throttled_reply_of_a_flow_goes_out_once_after_the_time_meta_asked_for(
    ready: World,
) -> None:
    begin(ready, "throttled")
    break_calls(ready, "messages", {**THROTTLED, "retryAfterS": 1}, count=1)
    ready.says(PEOPLE[0])

    run = ready.ended_run("throttled", "completed")

    assert [(step["component"], step["attempt"]) for step in run["steps"]] == [
        ("incoming", 1),
        ("reply", 2),
    ]
    refused, accepted = [call for call in ready.calls() if call["path"].endswith("/messages")]
    assert (refused["status"], accepted["status"]) == (429, 200)
    assert accepted["at"] - refused["at"] >= 1.0
    assert len(replies(ready, PEOPLE[0])) == 1


def test_a_reply_whose_acceptance_was_lost_is_completed_by_its_status_and_said_once(
    ready: World,
) -> None:
    begin(ready, "lost-answer")
    break_calls(ready, "messages", {"kind": "acceptedThenLost"})
    asked_before = len(ready.asked())
    ready.says(PEOPLE[0])

    run = ready.ended_run("lost-answer", "completed")

    [sent] = run["steps"][1]["output"]["sent"]
    assert [message["id"] for message in replies(ready, PEOPLE[0])] == [sent["messageId"]]
    assert ready.asked()[asked_before:] == ["POST messages 0"]


def test_an_expired_token_pauses_runs_until_the_account_is_connected_again(ready: World) -> None:
    begin(ready, "paused")
    break_calls(ready, "messages", EXPIRED)
    asked_before = len(ready.asked())

    ready.says(PEOPLE[0])
    ready.wait_until(lambda: statuses(ready, "paused") == ["paused"], "the first run is paused")
    ready.says(PEOPLE[1])
    ready.wait_until(lambda: not ready.has_work(), "the second message is routed")

    # It is held for the account, which is known to need a person, and nobody was asked.
    assert statuses(ready, "paused") == ["paused"]
    proof = ["GET debug_token 200", f"GET {WABA} 200"]
    assert ready.asked()[asked_before:] == ["POST messages 401", *proof]
    [account] = ready.engine_call("GET", "/api/accounts")["accounts"]
    assert (account["name"], account["state"]) == ("acme", "reconnect")
    assert "expired" in account["reason"]
    for run in runs_of(ready, "paused"):
        assert run["error"]["kind"] == "AuthorizationError"
        assert "expired" in run["error"]["cause"]
        assert "onnect" in run["error"]["cure"]
    assert [replies(ready, person) for person in PEOPLE] == [[], []]

    ready.sandbox_call("DELETE", "/_sandbox/faults")
    ready.connect("acme", "EAAsandbox")
    ready.wait_until(lambda: statuses(ready, "paused") == ["completed"] * 2, "both runs go on")

    assert [len(replies(ready, person)) for person in PEOPLE] == [1, 1]
    [account] = ready.engine_call("GET", "/api/accounts")["accounts"]
    assert (account["state"], account["reason"]) == ("connected", "")
    assert ready.asked().count("POST messages 200") == 2


def test_an_account_is_not_connected_with_a_token_that_meta_refuses(ready: World) -> None:
    body = {"service": "appmixer:whatsapp", "name": "other", "accessToken": "EAAnever1issued"}

    answer = ready.ask("POST", "/api/accounts", body)

    assert answer.status_code == 409
    assert set(answer.json()["error"]) >= {"title", "cause", "cure"}
    assert all(answer.json()["error"][part] for part in ("title", "cause", "cure"))
    assert "EAAnever1issued" not in answer.text
    accounts = ready.engine_call("GET", "/api/accounts")["accounts"]
    assert [account["name"] for account in accounts] == ["acme"]


def break_calls(
    world: World, endpoint: str, fault: dict[str, Any], *, count: int | None = None
) -> None:
    limit = {"count": count} if count else {}
    world.sandbox_call("POST", "/_sandbox/faults", {"endpoint": endpoint, **fault, **limit})


def begin(world: World, flow_id: str) -> None:
    """Start a flow that answers every message."""
    world.set_webhook()
    world.start(flow_id, world.auto_reply)


def runs_of(world: World, flow_id: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = world.engine_call("GET", f"/api/runs?flowId={flow_id}")["runs"]
    return runs


def statuses(world: World, flow_id: str) -> list[str]:
    return [run["status"] for run in runs_of(world, flow_id)]


def replies(world: World, person: str) -> list[dict[str, Any]]:
    return [message for message in world.phone(person) if message["from"] == "business"]
