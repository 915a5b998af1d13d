"""A world that outlives its process, in one file."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.behaviour.webhooks.courier import Courier
from appmixer.sandbox.gateway.server import create_app
from appmixer.sandbox.state import keeping
from appmixer.sandbox.state.keeping import Keeper
from appmixer.sandbox.state.notation import Contents, NotationError, Reader, Writer
from appmixer.sandbox.state.statefile import StateError
from appmixer.sandbox.testing import (
    Receiver,
    RunningSandbox,
    receiving,
    running_sandbox,
    serving,
    until,
)
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Media
from appmixer.sandbox.world.world import World

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20
PRODUCT = {"messaging_product": "whatsapp"}
TEXT = {**PRODUCT, "to": seed.PERSON, "type": "text", "text": {"body": "Hello"}}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@asynccontextmanager
async def kept_sandbox(state: Path) -> AsyncGenerator[RunningSandbox]:
    app = create_app(state=state)
    async with serving(app) as url:
        yield RunningSandbox(url, app)


async def prepare(sandbox: RunningSandbox, receiver: Receiver | None = None) -> None:
    """Register the seeded number, and let the person write so that the window is open."""
    async with sandbox.graph() as graph, sandbox.controls() as controls:
        if receiver is not None:
            await controls.post("/webhook", json={"callbackUrl": receiver.url})
            await graph.post(f"/{seed.WABA_ID}/subscribed_apps")
        await graph.post(f"/{seed.PHONE_NUMBER_ID}/register", json={**PRODUCT, "pin": seed.PIN})
        await write_hi(controls)


async def write_hi(controls: httpx.AsyncClient) -> str:
    hi = {"type": "text", "text": {"body": "hi"}}
    answer = await controls.post(f"/people/{seed.PERSON}/messages", json=hi)
    assert answer.status_code == 201, answer.text
    written: str = answer.json()["id"]
    return written


async def send(sandbox: RunningSandbox) -> str:
    async with sandbox.graph() as graph:
        answer = await graph.post(f"/{seed.PHONE_NUMBER_ID}/messages", json=TEXT)
    assert answer.status_code == 200, answer.text
    message_id: str = answer.json()["messages"][0]["id"]
    return message_id


async def shown(sandbox: RunningSandbox, path: str) -> object:
    async with sandbox.controls() as controls:
        return (await controls.get(path)).json()


@pytest.mark.anyio
async def test_a_conversation_and_the_account_are_there_after_a_restart(state: Path) -> None:
    async with kept_sandbox(state) as sandbox:
        await prepare(sandbox)
        message_id = await send(sandbox)
        await until(lambda: len(sandbox.world.messages[message_id].statuses) == 3)
        phone = await shown(sandbox, f"/people/{seed.PERSON}/messages")

    async with kept_sandbox(state) as again:
        number = again.world.numbers[seed.PHONE_NUMBER_ID]
        person = again.world.people[seed.PERSON]

        assert await shown(again, f"/people/{seed.PERSON}/messages") == phone
        assert number.is_registered is True
        assert again.world.window_is_open(number, person)
        assert again.world.people_by_bsuid[seed.PERSON_BSUID] is person
        assert again.world.messages[message_id].person is person


@pytest.mark.anyio
async def test_statuses_that_were_not_sent_come_after_the_restart(state: Path) -> None:
    async with receiving() as receiver:
        async with kept_sandbox(state) as sandbox:
            await prepare(sandbox, receiver)
            async with sandbox.controls() as controls:
                await controls.post("/clock", json={"freeze": True})
            message_id = await send(sandbox)

        async with kept_sandbox(state) as again, again.controls() as controls:
            await controls.post("/clock", json={"advanceS": 60})
            statuses = await receiver.wait_for("statuses", 3)

    assert [(item["id"], item["status"]) for item in statuses] == [
        (message_id, "sent"),
        (message_id, "delivered"),
        (message_id, "read"),
    ]


@pytest.mark.anyio
async def test_a_delivery_that_was_not_answered_with_200_is_made_after_the_restart(
    state: Path,
) -> None:
    async with receiving() as receiver:
        async with kept_sandbox(state) as sandbox:
            await prepare(sandbox, receiver)
            await receiver.wait_for("messages", 1)
            async with sandbox.controls() as controls:
                await controls.post("/settings", json={"retryDelaysS": [3600]})
                receiver.answers.extend([503])
                written = [await write_hi(controls), await write_hi(controls)]
            await until(lambda: not receiver.answers)

        refused = len(receiver.items("messages"))
        async with kept_sandbox(state) as again:
            messages = (await receiver.wait_for("messages", refused + 2))[refused:]
            await until(lambda: again.world.courier.waiting == 0)

    assert [message["id"] for message in messages] == written


@pytest.mark.anyio
async def test_clock_settings_and_faults_survive(state: Path) -> None:
    async with kept_sandbox(state) as sandbox, sandbox.controls() as controls:
        await controls.post("/clock", json={"setTo": 2_000_000_000, "freeze": True})
        settings = (await controls.post("/settings", json={"outOfWindow": "silent"})).json()
        fault = {"endpoint": "messages", "code": 130429, "count": 3}
        faults = (await controls.post("/faults", json=fault)).json()

    async with kept_sandbox(state) as again, again.controls() as controls:
        clock = (await controls.get("/clock")).json()

        assert (clock["frozen"], again.world.clock.now()) == (True, 2_000_000_000)
        assert (await controls.get("/settings")).json() == settings
        assert (await controls.get("/faults")).json() == {"faults": [faults]}
        another = (await controls.post("/faults", json=fault)).json()
        assert another["id"] != faults["id"]


@pytest.mark.anyio
async def test_a_moved_clock_goes_on_from_where_it_was(state: Path) -> None:
    async with kept_sandbox(state) as sandbox:
        sandbox.world.clock.move_to(time.time() + 86_400)

    async with kept_sandbox(state) as again:
        ahead_s = again.world.clock.now() - time.time()

    assert ahead_s == pytest.approx(86_400, abs=2)


@pytest.mark.anyio
async def test_media_are_kept_to_the_byte_and_let_go_of_with_the_last_that_uses_them(
    state: Path,
) -> None:
    async with kept_sandbox(state) as sandbox:
        expires_at = sandbox.world.clock.now() + 1000
        sandbox.world.media["77"] = Media(
            "77", seed.PHONE_NUMBER_ID, PHOTO, "image/jpeg", expires_at, "abc"
        )

    async with kept_sandbox(state) as again:
        found = again.world.media.pop("77")

    assert found == Media("77", seed.PHONE_NUMBER_ID, PHOTO, "image/jpeg", expires_at, "abc")
    with sqlite3.connect(state) as file:
        assert file.execute("SELECT count(*) FROM content").fetchone() == (0,)
    file.close()


@pytest.mark.anyio
async def test_a_killed_sandbox_has_kept_what_was_a_moment_ago(state: Path) -> None:
    with process_with(state) as (process, url):
        async with httpx.AsyncClient(base_url=f"{url}/_sandbox", trust_env=False) as controls:
            await controls.post("/people", json={"waId": "4915112345678", "name": "Uli"})
            await until(lambda: knows(state, "4915112345678"))
            # Bytes can be there before their transaction is over; the one after it comes later.
            await controls.post("/people", json={"waId": "4915187654321", "name": "Ina"})
            await until(lambda: knows(state, "4915187654321"))

        process.kill()

    async with kept_sandbox(state) as again:
        assert again.world.people["4915112345678"].name == "Uli"


@pytest.mark.anyio
async def test_a_sandbox_that_is_asked_to_end_keeps_everything_first(state: Path) -> None:
    with process_with(state) as (process, url):
        async with httpx.AsyncClient(base_url=f"{url}/_sandbox", trust_env=False) as controls:
            await controls.post("/people", json={"waId": "4915112345678", "name": "Uli"})

        process.terminate()
        process.wait(timeout=60)

    assert process.returncode == 0
    async with kept_sandbox(state) as again:
        assert again.world.people["4915112345678"].name == "Uli"


def knows(state: Path, text: str) -> bool:
    """Whether the text is in the file; the sandbox holds it, so no SQL can ask."""
    return text.encode() in content_of(state)


def content_of(state: Path) -> bytes:
    return state.read_bytes()


@contextmanager
def process_with(state: Path, *options: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A sandbox in a process of its own, and its address."""
    command = [sys.executable, "-m", "appmixer.sandbox", "--port", "0", "--state", str(state)]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://[\d.:]+\d", process.stdout.readline())
        assert address is not None
        yield process, address[0]
        process.kill()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"This is a letter, and no database at all.\n" * 100, "is not a sandbox's state"),
        (b"SQLite format 3\x00" + b"\x07" * 5000, "is not a sandbox's state"),
    ],
)
def test_a_file_of_something_else_is_refused_and_left_alone(
    state: Path, content: bytes, complaint: str
) -> None:
    state.write_bytes(content)

    with pytest.raises(StateError, match=complaint):
        create_app(state=state)

    assert state.read_bytes() == content


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("PRAGMA user_version = 99", "another version of the sandbox"),
        ("PRAGMA application_id = 5", "is not a sandbox's state"),
        ("UPDATE entry SET body = '{\"$\": \".world.entities:Ufo\"}' WHERE place = 'apps'", "Ufo"),
        ("UPDATE entry SET body = substr(body, 5) WHERE place = 'people'", "damaged"),
        ("DELETE FROM entry WHERE place = '#clock'", "damaged"),
        ("DELETE FROM entry WHERE place = 'people'", "which is missing"),
        (
            'UPDATE entry SET body = \'[[1.5, {"$call": "os:abort", "args": []}]]\''
            " WHERE place = '#timers'",
            "no part of the sandbox",
        ),
    ],
)
async def test_an_old_or_damaged_file_is_refused_and_left_alone(
    state: Path, damage: str, complaint: str
) -> None:
    async with kept_sandbox(state):
        pass
    file = sqlite3.connect(state)
    file.execute(damage)
    file.commit()
    file.close()
    before = content_of(state)

    with pytest.raises(StateError, match=complaint):
        create_app(state=state)

    assert content_of(state) == before


def test_the_command_says_in_one_sentence_why_a_file_cannot_be_used(state: Path) -> None:
    state.write_text("hello " * 500)

    done = subprocess.run(
        [sys.executable, "-m", "appmixer.sandbox", "--port", "0", "--state", str(state)],
        capture_output=True,
        text=True,
        timeout=150,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{state} is not a sandbox's state. Name another file.\n"


@pytest.mark.anyio
async def test_a_message_that_was_read_is_kept_without_looking_at_all_of_them(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed.seed, Courier)
    keeper = Keeper(world, state)
    async with running_sandbox(world) as sandbox, sandbox.graph() as graph:
        world.numbers[seed.PHONE_NUMBER_ID].is_registered = True
        async with sandbox.controls() as controls:
            read = await write_hi(controls)
        await keeper.save(whole=True)
        # From here on only messages that tell of a change are looked at.
        monkeypatch.setattr(keeping, "MESSAGES_IN_TURN", 0)
        mark = {"messaging_product": "whatsapp", "status": "read", "message_id": read}
        await graph.post(f"/{seed.PHONE_NUMBER_ID}/messages", json=mark)
        await keeper.save()
    await keeper.stop()

    again = World(seed.seed, Courier)
    await Keeper(again, state).stop()
    assert again.messages[read].is_read is True


@pytest.mark.anyio
async def test_two_sandboxes_cannot_use_one_file(state: Path) -> None:
    async with kept_sandbox(state):
        with pytest.raises(StateError, match="in use by another sandbox"):
            create_app(state=state)


@pytest.mark.anyio
async def test_a_file_that_cannot_be_written_is_told_and_tried_again(
    state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(seed.seed, Courier)
    keeper = Keeper(world, state)

    def full(self: Keeper, differences: keeping.Differences) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(Keeper, "_write", full)
        await keeper.save(whole=True)
    keeper.start()
    await keeper.stop()

    assert "database or disk is full" in caplog.text
    again = World(seed.seed, Courier)
    again.people.clear()
    keeper = Keeper(again, state)
    await keeper.stop()
    assert set(again.people) == set(world.people)


@pytest.mark.anyio
async def test_a_write_that_is_under_way_at_the_end_is_waited_for(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []
    goes_on = threading.Event()
    write = Keeper._write  # pyright: ignore[reportPrivateUsage]

    def slowly(self: Keeper, differences: keeping.Differences) -> None:
        did.append("begin")
        assert goes_on.wait(60)
        write(self, differences)
        did.append("end")

    monkeypatch.setattr(keeping, "PAUSE_S", 0.0)
    monkeypatch.setattr(Keeper, "_write", slowly)
    keeper = Keeper(World(seed.seed, Courier), state)
    keeper.start()
    await until(lambda: did == ["begin"])
    stopping = asyncio.create_task(keeper.stop())
    await asyncio.wait({stopping}, timeout=0.2)
    goes_on.set()
    await stopping

    # The first ends before the last begins; the file is closed behind both.
    assert did == ["begin", "end"] * 2


@pytest.mark.anyio
async def test_every_thing_and_timer_of_a_busy_world_can_be_kept(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with kept_sandbox(state) as sandbox:
        await prepare(sandbox)
        async with sandbox.controls() as controls, sandbox.graph() as graph:
            await controls.post("/clock", json={"freeze": True})
            await send(sandbox)
            review = {"name": "waits", "language": "en_US", "category": "UTILITY"}
            parts = [{"type": "BODY", "text": "Your order is on its way."}]
            await graph.post(
                f"/{seed.WABA_ID}/message_templates", json={**review, "components": parts}
            )
        assert sandbox.world.clock.pending >= 2

    assert caplog.messages == []


def test_what_is_written_is_read_again_with_its_types() -> None:
    world = World(seed.seed, Courier)
    things: list[Any] = [
        ("a", 1, None, 2.5, True),
        {"set": frozenset({"x", "y"}), "$odd": {1: "one", ("a", "b"): {"z"}}},
        bytearray(b"\x00\xff"),
    ]
    contents = Contents()

    written = Writer({}, {}, contents).write(things)

    assert Reader(world, contents.met.get).read(written) == things


def test_a_function_within_a_function_cannot_be_kept() -> None:
    def inner() -> None: ...

    with pytest.raises(NotationError, match="only functions of a module"):
        Writer({}, {}, Contents()).write(partial(inner))
