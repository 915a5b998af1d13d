"""`appmixer sandbox` and its verbs, as a person at a terminal runs them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.cli.filters import FilterError, Filters
from appmixer.sandbox.testing import Receiver, RunningSandbox, receiving, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

APPMIXER = str(Path(sys.executable).parent / "appmixer")
NOBODY = "http://127.0.0.1:9"
TEXT = {"messaging_product": "whatsapp", "to": "+16505551234", "text": {"body": "Hello"}}
DEADLINE_S = 150.0
# A shell without job control starts what it puts into the background so: SIGINT is ignored.
IN_THE_BACKGROUND = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("APPMIXER")}
    return {**kept, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}


async def _run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of `appmixer sandbox …`."""
    process = await asyncio.create_subprocess_exec(
        APPMIXER,
        "sandbox",
        *arguments,
        env=_environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, errors = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode is not None
    return process.returncode, told.decode(), errors.decode()


@dataclass
class Running:
    """A command that goes on until it is interrupted."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list[str])

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))

    async def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), DEADLINE_S)


@asynccontextmanager
async def running(*arguments: str, within: Sequence[str] = ()) -> AsyncGenerator[Running]:
    process = await asyncio.create_subprocess_exec(
        *within,
        APPMIXER,
        "sandbox",
        *arguments,
        env=_environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    command = Running(process)
    reading = asyncio.create_task(command.read())
    try:
        yield command
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def test_the_sandbox_serves_until_it_is_interrupted() -> None:
    async with running("--port", "0") as served:
        await until(lambda: bool(served.lines), DEADLINE_S)
        address = served.lines[0].removeprefix("Sandbox at ").removesuffix(". Ctrl-C ends it.")
        async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
            fixture = (await client.get("/_sandbox/fixture")).json()

        code = await served.interrupt()

    assert fixture["wabaId"] == seed.WABA_ID
    assert (code, served.lines[1:]) == (0, [])


@pytest.mark.parametrize("verb", ["serve", "tail", "listen"])
async def test_what_goes_on_is_interrupted_also_in_the_background_of_a_script(
    verb: str, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    arguments = {
        "serve": ["--port", "0"],
        "tail": ["tail", "--url", sandbox.url],
        "listen": ["listen", "--forward-to", receiver.url, "--url", sandbox.url],
    }[verb]
    async with running(*arguments, within=IN_THE_BACKGROUND) as command:
        await until(lambda: bool(command.lines or sandbox.world.feed.listeners), DEADLINE_S)

        code = await command.interrupt()

    assert code == 0
    assert "Traceback" not in "\n".join(command.lines)


async def test_a_port_that_is_taken_is_a_sentence(sandbox: RunningSandbox) -> None:
    port = sandbox.url.rpartition(":")[2]

    code, told, errors = await _run("--port", port)

    assert (code, told) == (1, "")
    assert errors.startswith(f"Port {port} of 127.0.0.1 cannot be opened: ")
    assert errors.endswith("Choose one with --port.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["reset"],
        ["trigger", "messages.text"],
        ["resend", "abc"],
        ["tail"],
        ["listen", "--forward-to", "http://127.0.0.1:8/"],
        ["load", str(Path(__file__).parents[3] / "connector.json")],
    ],
    ids=lambda arguments: arguments[0],
)
async def test_without_a_sandbox_every_verb_says_so(arguments: list[str]) -> None:
    code, told, errors = await _run(*arguments, "--url", NOBODY)

    assert (code, told) == (1, "")
    assert errors == f"No sandbox answers at {NOBODY}. Start one with: appmixer sandbox\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trigger"], "Name an event, or ask for --list."),
        (["trigger", "messages.text", "--set", "nothing"], "--set takes PATH=VALUE"),
        (["tail", "--filter", "colour=green"], "'colour=green' is no filter"),
        (["listen"], "Missing option '--forward-to'"),
        (["dance"], "No such command 'dance'"),
    ],
)
async def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    arguments: list[str], said: str
) -> None:
    code, told, errors = await _run(*arguments)

    assert (code, told) == (2, "")
    assert said in errors


async def test_an_event_is_triggered_with_values_of_ones_own(
    sandbox: RunningSandbox, receiver: Receiver
) -> None:
    code, told, errors = await _run(
        "trigger",
        "messages.text",
        "--set",
        "messages[0].text.body=Grüße = ja",
        "--add",
        'messages[0].identity={"hash": "abc"}',
        "--url",
        sandbox.url,
    )

    assert (code, told, errors) == (0, "messages.text goes to 1 app as messages.\n", "")
    [message] = await receiver.wait_for("messages", 1)
    assert message["text"] == {"body": "Grüße = ja"}
    assert message["identity"] == {"hash": "abc"}


async def test_an_event_that_is_not_there_is_named_with_its_neighbours(
    sandbox: RunningSandbox,
) -> None:
    code, told, errors = await _run("trigger", "messages.txt", "--url", sandbox.url)

    assert (code, told) == (1, "")
    assert errors.startswith("There is no event messages.txt. Did you mean: messages.text")


async def test_the_events_are_listed_without_a_sandbox() -> None:
    code, told, _ = await _run("trigger", "--list", "--url", NOBODY)

    lines = told.splitlines()
    assert (code, len(lines)) == (0, 168)
    assert lines[0].split(maxsplit=1) == ["messages.text", "A person writes a text"]


async def test_a_delivery_is_sent_again(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    await controls.post("/trigger", json={"event": "messages.text"})
    await until(lambda: len(receiver.posts) == 1)
    delivery = (await controls.get("/webhooks")).json()["deliveries"][0]
    receiver.answers.extend([200, 503])

    good = await _run("resend", delivery["id"], "--url", sandbox.url)
    bad = await _run("resend", delivery["id"], "--url", sandbox.url)
    unknown = await _run("resend", "abc", "--url", sandbox.url)

    assert (good[0], "delivered 200" in good[1]) == (0, True)
    assert (bad[0], "dropped 503" in bad[1]) == (1, True)
    assert unknown == (1, "", "There is no such delivery in the log (any more).\n")
    assert len({post.body for post in receiver.posts}) == 1


async def test_reset_takes_the_sandbox_back(sandbox: RunningSandbox, number: str) -> None:
    code, told, _ = await _run("reset", "--url", sandbox.url)

    assert (code, told) == (0, "The sandbox is as it was at its start.\n")
    assert not sandbox.world.numbers[number].is_registered


async def test_a_world_is_loaded_and_a_broken_one_is_refused(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, tmp_path: Path
) -> None:
    document = (await controls.get("/world")).json()
    good, wrong, broken = (tmp_path / name for name in ("good.json", "wrong.json", "broken.json"))
    document["people"].append({"waId": "16505550101", "name": "Ada"})
    good.write_text(json.dumps(document))
    wrong.write_text(json.dumps({**document, "people": [{"waId": "letters"}]}))
    broken.write_text("{")

    loaded = await _run("load", str(good), "--url", sandbox.url)
    refused = await _run("load", str(wrong), "--url", sandbox.url)
    unread = await _run("load", str(broken), "--url", sandbox.url)

    assert loaded == (0, "good.json is loaded.\n", "")
    assert sandbox.world.people["16505550101"].name == "Ada"
    assert (refused[0], refused[1]) == (1, "")
    assert "people[0].waId" in refused[2]
    assert (unread[0], unread[1]) == (1, "")
    assert unread[2].startswith(f"{broken} cannot be read: ")


async def test_webhooks_are_forwarded_and_the_former_callback_comes_back(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    before = (await controls.get("/webhook")).json()
    async with receiving("my-token") as mine:
        forward = ["--forward-to", mine.url, "--verify-token", "my-token", "--fields", "messages"]
        async with running("listen", *forward, "--url", sandbox.url) as listen:
            await until(lambda: bool(listen.lines), DEADLINE_S)
            during = (await controls.get("/webhook")).json()
            await until(lambda: sandbox.world.feed.listeners == 1, DEADLINE_S)
            await controls.post("/trigger", json={"event": "messages.image"})
            await until(lambda: len(listen.lines) == 2, DEADLINE_S)

            code = await listen.interrupt()

        assert code == 0
        assert listen.lines[0] == f"Webhooks go to {mine.url}. Ctrl-C ends it."
        assert "message image  delivered 200" in listen.lines[1]
        assert len(mine.posts) == 1
        assert mine.posts[0].is_signed_with(seed.APP_SECRET)
    assert (during["callbackUrl"], during["fields"]) == (mine.url, ["messages"])
    assert (await controls.get("/webhook")).json() == before
    assert receiver.posts == []


async def test_an_endpoint_that_does_not_shake_hands_is_refused(
    sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    async with receiving("another-token") as mine:
        code, told, errors = await _run("listen", "--forward-to", mine.url, "--url", sandbox.url)

        assert (code, told) == (1, "")
        assert errors == (
            f"{mine.url} was not accepted: the callback answered the handshake with HTTP 403, "
            "not 200.\n"
        )
    assert (await controls.get("/webhook")).json()["callbackUrl"] is None


async def test_what_happens_is_shown_as_it_happens(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    async with running("tail", "--url", sandbox.url) as tail:
        await until(lambda: sandbox.world.feed.listeners == 1, DEADLINE_S)
        await graph.get("/me")
        await graph.get("/404")
        await controls.post("/trigger", json={"event": "account_alerts"})
        await until(lambda: len(tail.lines) >= 3, DEADLINE_S)

        code = await tail.interrupt()

    assert code == 0
    assert "  GET /v25.0/me  200  " in tail.lines[0]
    assert "  GET /v25.0/404  400  " in tail.lines[1]
    assert tail.lines[1].endswith("  error 100")
    assert "  account_alerts " in tail.lines[2]
    assert tail.lines[2].endswith(f"  delivered 200  {receiver.url}")


async def test_what_is_shown_can_be_filtered_and_be_json(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    async with running("tail", "--filter", "status=4xx", "--json", "--url", sandbox.url) as tail:
        await until(lambda: sandbox.world.feed.listeners == 1, DEADLINE_S)
        await graph.get("/me")
        await graph.get("/404")
        await until(lambda: bool(tail.lines), DEADLINE_S)
        await tail.interrupt()

    [call] = [json.loads(line) for line in tail.lines]
    assert (call["kind"], call["path"], call["status"]) == ("call", "/v25.0/404", 400)


async def test_tail_ends_with_the_sandbox() -> None:
    async with running("--port", "0") as served:
        await until(lambda: bool(served.lines), DEADLINE_S)
        address = served.lines[0].split()[2].removesuffix(".")
        async with running("tail", "--url", address) as tail:
            async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
                while not tail.lines:
                    await client.get("/v25.0/me")
            await served.interrupt()
            code = await asyncio.wait_for(tail.process.wait(), DEADLINE_S)

    assert code == 1
    assert tail.lines[-1] == f"The sandbox at {address} has ended."


CALL: dict[str, Any] = {"method": "POST", "path": "/v25.0/1/messages", "status": 200}
WEBHOOK: dict[str, Any] = {"fields": ["messages"], "state": "delivered"}


@pytest.mark.parametrize(
    ("filters", "takes_call", "takes_webhook"),
    [
        ([], True, True),
        (["kind=call"], True, False),
        (["kind=webhook"], False, True),
        (["method=post", "path=/messages"], True, False),
        (["method=GET"], False, False),
        (["status=2xx"], True, False),
        (["status=200"], True, False),
        (["status=5xx"], False, False),
        (["field=messages"], False, True),
        (["field=calls"], False, False),
        (["state=delivered"], False, True),
    ],
)
async def test_a_filter_takes_what_it_names(
    filters: list[str], takes_call: bool, takes_webhook: bool
) -> None:
    read = Filters.read(filters)

    assert read.take("call", CALL) == takes_call
    assert read.take("webhook", WEBHOOK) == takes_webhook
    assert read.take("clock", {}) is False


@pytest.mark.parametrize("text", ["nothing", "colour=green", "kind=message"])
async def test_a_filter_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        Filters.read([text])
