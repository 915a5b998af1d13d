"""Documents and bodies made to keep the engine busy: whoever else asks is answered."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import httpx
import pytest

from ..machine import slowness

if TYPE_CHECKING:
    from .conftest import World

NUMBER = "106540352242922"
PERSON = "16505551234"
# The promise, by five for a machine that has other things to do.
LONGEST_S = 5 * 0.05
# Where many such things go on at once, each of which may take that long.
MAX_SILENT_S = 1.0
TRIES = 3
# When a thread wakes so much later than it should, its process has stood still.
NOTICED_S = 0.05
T = TypeVar("T")
JSON = {"Content-Type": "application/json"}
ZEROS = "[" + ",".join("0" * 480) + "]"


def flow(*texts: str) -> dict[str, Any]:
    """A flow in which a message starts a chain of sends."""
    components: dict[str, Any] = {
        "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"}
    }
    source = {"in": {"incoming": ["message"]}}
    for number, text in enumerate(texts):
        components[f"s{number}"] = {
            "type": "appmixer.whatsapp.SendText",
            "account": "acme",
            "source": source,
            "input": {"phoneNumberId": NUMBER, "to": f"+{PERSON}", "text": text},
        }
        source = {"in": {f"s{number}": ["sent"]}}
    return {"name": "Hostile", "components": components}


@contextmanager
def probe(world: World, *, every_s: float = 0.01) -> Generator[list[float]]:
    """Ask for the engine's health all the time; in the end the list has how long each answer took.

    While this process itself stood still, nobody waited for the engine.
    """
    waited: list[float] = []
    asked: list[tuple[float, float]] = []
    stood_still: list[tuple[float, float]] = []
    is_over = threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=60) as client:
            while not is_over.is_set():
                began = time.monotonic()
                assert client.get(f"{world.engine.url}/healthz").status_code == 200
                asked.append((began, time.monotonic()))
                is_over.wait(every_s)

    def notice() -> None:
        while not is_over.is_set():
            began = time.monotonic()
            time.sleep(NOTICED_S)
            ended = time.monotonic()
            if ended - began > 2 * NOTICED_S:
                stood_still.append((began + NOTICED_S, ended))

    threads = [threading.Thread(target=each) for each in (ask, notice)]
    for thread in threads:
        thread.start()
    try:
        yield waited
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        waited += [
            ended - began - sum(max(0.0, min(ended, b) - max(began, a)) for a, b in stood_still)
            for began, ended in asked
        ]


def promised_s() -> float:
    return LONGEST_S * slowness(time.monotonic)


def longest_wait(world: World, do: Callable[[], T], *, allowed_s: float) -> tuple[T, float]:
    """Return what comes of it, and how long somebody waited meanwhile.

    Where that is longer than allowed it is done again, twice at most: what else a machine does may
    keep somebody waiting once, and a hostile input does so each time.
    """
    tries = itertools.count(1)
    while True:
        with probe(world) as waited:
            result = do()
        longest_s = max(waited, default=0.0)
        if longest_s < allowed_s or next(tries) == TRIES:
            return result, longest_s


def failed_runs(world: World, flow_id: str, count: int) -> list[dict[str, Any]]:
    """Wait until so many runs of a flow have failed, and return them."""

    def found() -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = world.engine_call(
            "GET", f"/api/runs?flowId={flow_id}&status=failed"
        )["runs"]
        return runs

    def have_failed() -> bool:
        return len(found()) == count

    world.wait_until(have_failed, f"{count} runs of {flow_id} have failed")
    return found()


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (flow(*["hi"] * 4_000), 422),
        (flow(*["hi"] * 1_500), 200),
        (flow("{{ name " + "''" * 30 + "'"), 422),
        (flow("{{ name '" + "'\"" * 400_000), 422),
        (flow("{{ " + "(" * 900 + "1" + ")" * 900 + " }}"), 422),
        (flow(*["{{ nope.a }}" * 30] * 1_000), 422),
        ({**flow("hi"), "description": [0] * 900_000}, 422),
        ({**flow("hi"), "description": [9**370] * 4_000}, 422),
    ],
)
def test_no_document_keeps_others_waiting(
    ready: World, document: dict[str, Any], status: int
) -> None:
    answer, waited_s = longest_wait(
        ready, lambda: ready.ask("PUT", "/api/flows/hostile", document), allowed_s=promised_s()
    )

    assert answer.status_code == status, answer.text[:500]
    assert waited_s < promised_s()


TRIALS: list[dict[str, Any]] = [
    {"input": {"bodyParameters": [{}] * 9_900}},
    {"input": {"bodyParameters": [{"type": "x"}] * 4_900}},
    {"input": {"components": ["x" * 190] * 9_900}},
    {"input": {"headerMedia": {f"a{number}": number for number in range(9_900)}}},
    {"input": {f"n{number}{'y' * 190}": 1 for number in range(9_900)}},
    {f"n{number}": 1 for number in range(45_000)},
]


@pytest.mark.parametrize("body", TRIALS)
def test_no_input_of_a_trial_keeps_others_waiting(ready: World, body: dict[str, Any]) -> None:
    path = "/api/components/appmixer.whatsapp.SendTemplate/test"
    answers, waited_s = longest_wait(
        ready,
        lambda: [ready.ask("POST", path, body) for _ in range(3)],
        allowed_s=promised_s(),
    )

    assert {answer.status_code for answer in answers} == {422}
    assert max(len(answer.content) for answer in answers) < 1_000_000
    assert waited_s < promised_s()


def test_no_body_of_a_stranger_keeps_others_waiting(ready: World) -> None:
    bodies = [
        b'"' + rb"\"" * 24_000 + b"1" * 400,
        b'"' + rb"\"" * 900_000 + b"1" * 400,
        json.dumps({"k" * 1_800_000: [0] * 49_000}).encode(),
    ]
    address = f"{ready.engine.url}/api/flows/x"
    answers, waited_s = longest_wait(
        ready,
        lambda: [ready.http.put(address, content=body, headers=JSON) for body in bodies],
        allowed_s=promised_s(),
    )

    assert [answer.status_code for answer in answers] == [422, 422, 401]
    assert waited_s < promised_s()


@pytest.mark.parametrize(
    "parameters",
    [dict.fromkeys(map(str, range(9_900)), True), [[0]] * 4_900, ["\u00a0" * 200_000, "x"]],
    ids=["fields", "lists", "blanks"],
)
def test_no_input_that_is_tried_keeps_others_waiting(ready: World, parameters: Any) -> None:
    given = {"phoneNumberId": NUMBER, "to": f"+{PERSON}", "templateName": "order_confirmation"}
    answer, waited_s = longest_wait(
        ready,
        lambda: ready.try_out(
            "SendTemplate", **given, languageCode="en_US", bodyParameters=parameters
        ),
        allowed_s=promised_s(),
    )

    assert answer.status_code in (200, 422)
    assert waited_s < promised_s()


def test_no_expression_of_a_running_flow_keeps_others_waiting(ready: World) -> None:
    ready.set_webhook()
    body = "incoming.message.text.body"
    bombs = [
        "{{ size(" + ZEROS + ".map(x, " + ZEROS + ")) }}",
        f"{{{{{body}}}}}" * 20_000,
        "{{ " + " + ".join([body] * 60) + " }}",
        "{{ " + body + ".matches('^([a-z]+[0-9]*){900}$') }}",
    ]
    for number, bomb in enumerate(bombs):
        ready.start(f"bomb-{number}", flow(bomb))
    asked_before = len(ready.asked())
    said = itertools.count(1)

    def explode() -> list[dict[str, Any]]:
        ready.says(PERSON, type="text", text={"body": "x" * 4096})
        times = next(said)
        return [failed_runs(ready, f"bomb-{number}", times)[0] for number in range(len(bombs))]

    runs, waited_s = longest_wait(ready, explode, allowed_s=promised_s())

    assert waited_s < promised_s()
    assert [run["error"]["kind"] for run in runs] == ["InputError"] * len(bombs)
    assert ready.asked()[asked_before:] == []
    assert all("xxxx" not in str(run["error"]) for run in runs)


def test_no_list_that_only_a_run_can_check_keeps_others_waiting(ready: World) -> None:
    ready.set_webhook()
    document = flow("hi")
    # Of what an expression stands in nothing can be told before.
    document["components"]["s0"] |= {
        "type": "appmixer.whatsapp.SendTemplate",
        "input": {
            "phoneNumberId": NUMBER,
            "to": f"+{PERSON}",
            "templateName": "hello_world",
            "languageCode": "en_US",
            "bodyParameters": ["{{ incoming.message.text.body }}", *[{}] * 9_900],
        },
    }
    ready.start("list", document)

    said = itertools.count(1)

    def say() -> dict[str, Any]:
        ready.says(PERSON, type="text", text={"body": "hello"})
        return failed_runs(ready, "list", next(said))[0]

    run, waited_s = longest_wait(ready, say, allowed_s=promised_s())

    assert run["error"]["kind"] == "InputError"
    assert waited_s < promised_s()


def messages(count: int, **message: Any) -> dict[str, Any]:
    """The body of a webhook in which so many people write the same."""
    written = [
        {
            "from": f"1650556{number:04d}",
            "id": f"wamid.{uuid4()}",
            "timestamp": str(int(time.time())),
            **message,
        }
        for number in range(count)
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
        "messages": written,
    }
    changes = [{"field": "messages", "value": value}]
    entry = {"id": "102290129340398", "changes": changes}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def post(world: World, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    digest = hmac.new(b"sandbox-app-secret", raw, hashlib.sha256).hexdigest()
    path = "/plugins/appmixer/whatsapp/events"
    answer = world.ask(
        "POST", path, content=raw, headers={"X-Hub-Signature-256": f"sha256={digest}"}
    )
    assert answer.status_code == 200


def test_no_crowd_of_people_and_flows_keeps_others_waiting(ready: World) -> None:
    ready.set_webhook()
    for number in range(20):
        ready.start(f"crowd-{number}", flow())

    crowds = itertools.count(1)

    def come() -> None:
        post(ready, messages(400, type="reaction"))
        wanted = 8_000 * next(crowds)
        ready.wait_until(
            lambda: (
                ready.rows("SELECT COUNT(*) FROM runs WHERE flow_id LIKE 'crowd-%'")[0][0] == wanted
            ),
            "every flow has heard everybody",
        )

    _, waited_s = longest_wait(ready, come, allowed_s=promised_s())

    assert waited_s < promised_s()


def test_no_crowd_of_hostile_runs_keeps_others_waiting(ready: World) -> None:
    ready.set_webhook()
    ready.start("crowd", flow("{{incoming.message.text.body}}" * 20_000))

    crowds = itertools.count(1)
    failed = "SELECT COUNT(*) FROM runs WHERE flow_id = 'crowd' AND state = 'failed'"

    def come() -> None:
        post(ready, messages(100, type="text", text={"body": "x" * 4096}))
        wanted = 100 * next(crowds)
        ready.wait_until(lambda: ready.rows(failed)[0][0] == wanted, "every run has failed")

    _, waited_s = longest_wait(ready, come, allowed_s=MAX_SILENT_S)

    assert waited_s < MAX_SILENT_S
