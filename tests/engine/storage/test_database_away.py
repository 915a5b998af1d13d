"""A database that is locked, that hangs, or whose disk is full: an answer soon, nothing lost."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import create_app
from appmixer.engine.contract import Connector, ThrottledError
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.database import DatabaseTimeout

from ..runs.test_runs import flow

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
# Promised are 5 s; a busy machine may take five times as long.
SOON_S = 25.0


async def refused_s(hear: Hear, count: int) -> list[float]:
    """Deliver so many at once, all of which must be refused; return how long each took."""

    async def one(number: int) -> float:
        started = time.monotonic()
        with pytest.raises(ThrottledError):
            await hear(f"refused {number}", id=f"refused-{number}")
        return time.monotonic() - started

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def ask(engine: Engine, path: str, token: str = "") -> httpx.Response:
    transport = httpx.ASGITransport(app=create_app(engine))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as client:
        return await client.get(path, headers=headers)


async def test_a_locked_database_refuses_all_who_deliver_at_once_and_goes_on_afterwards(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await engine.flows.put(owner, "f", flow({"text": "{{ in1.heard.text }}"}))
    await engine.flows.start(owner, "f")
    path = engine.settings.data / "appmixer.sqlite"

    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        took_s = await refused_s(hear, 20)
        ready = await ask(engine, "/readyz")
        intruder.execute("ROLLBACK")
    await hear("afterwards")
    [run] = await ended_runs(owner, 1)

    assert max(took_s) < SOON_S
    assert (ready.status_code, ready.json()["troubles"]["database"]) == (
        503,
        "database is locked",
    )
    assert run["steps"][1]["output"]["said"][0]["text"] == "afterwards"
    assert (await ask(engine, "/readyz")).status_code == 200


@dataclass
class Link:
    """Passes bytes to a server, and stops to when told, without closing anything."""

    target: tuple[str, int]
    port: int = 0
    flows: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])

    async def serve(self) -> asyncio.Server:
        self.flows.set()
        server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self.target)
        self.writers += [writer, back]
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while content := await source.read(65536):
                await self.flows.wait()
                target.write(content)
                await target.drain()
        target.close()


@pytest.fixture
async def link(postgres: str) -> AsyncIterator[Link]:
    host, _, port = postgres.rpartition("@")[2].partition("/")[0].partition(":")
    link = Link((host, int(port)))
    server = await link.serve()
    yield link
    link.flows.set()
    server.close()
    for writer in link.writers:
        writer.transport.abort()
    await asyncio.sleep(0.1)  # for what they carried to notice it


async def test_a_hanging_server_lets_everybody_know_soon_and_work_goes_on_when_it_is_back(
    tmp_path: Path,
    postgres: str,
    link: Link,
    connectors: dict[str, Connector],
    until: Callable[..., Awaitable[Any]],
) -> None:
    url = postgres.replace(f":{link.target[1]}/", f":{link.port}/")
    settings = Settings(data=tmp_path / "data", environment={}, database_url=url)
    async with open_engine(settings, connectors) as engine:
        owner = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner, "test:echo", "hall+cellar", "keys")
        await engine.flows.put(owner, "hangs", flow({"text": "{{ in1.heard.text }}"}))
        await engine.flows.start(owner, "hangs")

        link.flows.clear()
        started = time.monotonic()
        content = (
            b'{"id": "%d", "kind": "heard", "payload": {"text": "x"}, "routes": [], "answers": []}'
        )
        refusals = await asyncio.gather(
            *(engine.events.accept("test:echo", content % number) for number in range(20)),
            return_exceptions=True,
        )
        refused_after_s = time.monotonic() - started
        before = time.monotonic()
        alive = await ask(engine, "/healthz")
        alive_after_s = time.monotonic() - before
        ready = await ask(engine, "/readyz")
        link.flows.set()
        await until(lambda: _is_ready(engine))
        told = (
            b'{"id": "back", "kind": "heard", "payload": {"text": "back", "items": []},'
            b' "routes": ["room:hall"], "answers": []}'
        )
        await until(lambda: _is_taken(engine, told))
        runs = await until(lambda: engine.runs.list(owner, status="completed"))

    assert [type(each) for each in refusals] == [ThrottledError] * 20
    assert refused_after_s < SOON_S
    assert (alive.status_code, ready.status_code) == (200, 503)
    assert alive_after_s < 5, "promised is one second"
    assert len(runs) == 1


async def test_no_read_waits_for_a_server_that_hangs_and_nothing_else_waits_for_the_reads(
    tmp_path: Path, postgres: str, link: Link, connectors: dict[str, Connector]
) -> None:
    url = postgres.replace(f":{link.target[1]}/", f":{link.port}/")
    settings = Settings(data=tmp_path / "data", environment={}, database_url=url)
    async with open_engine(settings, connectors) as engine:
        owner = engine.owners.first_owner_id
        token = read_token(settings.data, settings.environment)
        store = engine.hosts["test:echo"].store

        async def pages() -> list[dict[str, Any]]:
            return await engine.visibility.unrouted(owner, is_administrator=True)

        reads = (
            lambda: engine.events.of_owner(owner),
            lambda: engine.events.read(engine.plugins, engine.describe),
            lambda: store.get(["x"]),
            lambda: store.scan("x"),
            engine.configuration.load,
            lambda: engine.accounts.list(owner),
            pages,
        )
        link.flows.clear()
        try:
            started = time.monotonic()
            ends = await asyncio.gather(
                *(read() for read in reads for _ in range(10)), return_exceptions=True
            )
            ended_after_s = time.monotonic() - started
            started = time.monotonic()
            await asyncio.to_thread(time.sleep, 0)
            free_after_s = time.monotonic() - started
            asked = await asyncio.gather(
                ask(engine, "/api/events", token), ask(engine, "/api/flows", token)
            )
        finally:
            link.flows.set()

    assert {type(each) for each in ends} == {DatabaseTimeout}
    assert ended_after_s < SOON_S
    assert free_after_s < 5, "promised is one second"
    assert [(each.status_code, each.json()["error"]["title"]) for each in asked] == [
        (503, "The database does not answer")
    ] * 2


@contextmanager
def refusing(url: str) -> Generator[None]:
    """Let a server end all connections to a database, and take no other."""
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        yield
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


async def test_a_process_is_ready_as_soon_as_the_database_is_back(
    tmp_path: Path,
    postgres: str,
    connectors: dict[str, Connector],
    until: Callable[..., Awaitable[Any]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings = Settings(data=tmp_path / "data", environment={}, database_url=postgres)
    clock, log = Clock(), ""

    async def have_asked() -> bool:
        nonlocal log
        clock.advance(600.0)
        log += capfd.readouterr().err
        told = all(each in log for each in ("accounts_not_proven", "accounts_not_refreshed"))
        return told or "task_failed" in log

    async with open_engine(settings, connectors, clock) as engine:
        await until(lambda: _is_ready(engine))
        with refusing(postgres):
            await until(have_asked)
        await until(lambda: _is_ready(engine))
        log += capfd.readouterr().err

    assert "task_failed" not in log


async def _is_taken(engine: Engine, content: bytes) -> bool:
    """Deliver it, as its sender does until it is taken."""
    try:
        await engine.events.accept("test:echo", content)
    except ThrottledError:
        return False
    return True


async def _is_ready(engine: Engine) -> bool:
    return (await ask(engine, "/readyz")).status_code == 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own with 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_full_disk_is_told_and_over_when_there_is_room_again(
    small_disk: Path,
    connectors: dict[str, Connector],
    until: Callable[..., Awaitable[Any]],
) -> None:
    settings = Settings(data=small_disk / "data", environment={})
    async with open_engine(settings, connectors) as engine:
        owner = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner, "test:echo", "hall+cellar", "keys")
        await engine.flows.put(owner, "f", flow({"text": "{{ in1.heard.text }}"}))
        await engine.flows.start(owner, "f")
        filler = small_disk / "filler"
        _fill(filler)

        refused = 0
        for number in range(200):  # until what SQLite has taken before is used up
            try:
                await engine.events.accept("test:echo", _told(f"{number}", size=20_000))
            except ThrottledError:
                refused += 1
                if refused == 3:
                    break
        ready = await ask(engine, "/readyz")
        filler.unlink()
        await until(lambda: _is_ready(engine))
        await engine.events.accept("test:echo", _told("room"))

        async def has_run() -> bool:
            runs = await engine.runs.list(owner, status="completed", limit=1000)
            details = [await engine.runs.get(owner, each["id"]) for each in runs]
            return any("room" in str(each["steps"][1]["output"]) for each in details)

        await until(has_run)

    assert refused == 3
    assert (ready.status_code, "full" in ready.json()["troubles"]["database"]) == (503, True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(os.urandom(4096))


def _told(text: str, size: int = 0) -> bytes:
    return (
        f'{{"id": "{text}", "kind": "heard", "payload": {{"text": "{text}", "items": [],'
        f' "who": "{"x" * size}"}}, "routes": ["room:hall"], "answers": []}}'
    ).encode()


async def test_a_full_disk_is_told_in_a_sentence_wherever_something_is_stored(
    small_disk: Path, connectors: dict[str, Connector], until: Callable[..., Awaitable[Any]]
) -> None:
    settings = Settings(data=small_disk / "data", environment={})
    async with open_engine(settings, connectors) as engine:
        owner = engine.owners.first_owner_id
        headers = {"Authorization": f"Bearer {read_token(settings.data, settings.environment)}"}
        transport = httpx.ASGITransport(app=create_app(engine))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8321", headers=headers
        ) as client:
            filler = small_disk / "filler"
            _fill(filler)
            document = flow({"text": "x" * 100_000})
            answers = [await client.put(f"/api/flows/f{each}", json=document) for each in range(60)]
            form = {"file": ("b.bin", b"x" * 100_000)}
            refused = [
                answers[-1],
                await client.post("/api/files?name=a.bin", content=b"x" * 100_000),
                await client.post("/api/files", files=form),
                await client.post("/api/owners", json={"name": "y" * 100}),
                await client.post("/api/links", json={"path": "/"}),
            ]
            read = await client.get("/api/flows")
            filler.unlink()
            await until(lambda: _is_ready(engine))
            kept = await client.post("/api/files?name=a.bin", content=b"x" * 100_000)
            stored = await client.put("/api/flows/room", json=document)
        files = [each["name"] for each in await engine.files.list(owner)]
        on_disk = [path for path in (settings.data / "files").rglob("*") if path.is_file()]

    assert [each.status_code for each in refused] == [503] * len(refused)
    assert all(each.json()["error"]["cause"] and each.json()["error"]["cure"] for each in refused)
    assert read.status_code == 200
    assert (kept.status_code, stored.status_code, files) == (201, 200, ["a.bin"])
    assert len(on_disk) == 1
