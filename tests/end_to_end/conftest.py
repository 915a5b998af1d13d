"""Engine and sandbox as processes of their own, which speak HTTP and can be killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from ..ports import free_port

BIN = Path(sys.executable).parent
TOKEN = "end-to-end-test-token"
NUMBER = "106540352242922"
# Five times what a quiet machine was ever seen to need.
DEADLINE_S = 150.0
SEEMS_PUBLIC = "127.0.0.2"
# Whatever a test serves is on loopback, where no connector may fetch anything: for the tests of
# what is fetched, this engine believes one more address to be on the internet.
PERMISSIVE_ENGINE = f"""
from appmixer.engine.cli import main
from appmixer.whatsapp.plugin.media import public_urls

is_public = public_urls.is_public
public_urls.is_public = lambda address: address == "{SEEMS_PUBLIC}" or is_public(address)
main()
"""
FLOW: dict[str, Any] = {
    "name": "Auto-reply",
    "components": {
        "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"},
        "reply": {
            "type": "appmixer.whatsapp.SendText",
            "account": "acme",
            "source": {"in": {"incoming": ["message"]}},
            "input": {
                "phoneNumberId": "{{ incoming.message.phoneNumberId }}",
                "to": "{{ incoming.message.replyTo }}",
                "text": "You said: {{ incoming.message.text.body }}",
            },
        },
    },
}


def wait_until(holds: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Return what is true at last; fail when the deadline has passed."""
    until = time.monotonic() + deadline_s
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < until, f"not in {deadline_s:g} s: {what}"
        time.sleep(0.02)


@dataclass
class Process:
    """A server that is started by a command and is ready when a path answers 200."""

    command: list[str]
    url: str
    ready: str
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, env={**os.environ, **self.environment}, stdout=log, stderr=log
            )
        wait_until(self._is_ready, f"{self.command} is ready; see {self.log}")

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does; nothing is closed, and nobody is told."""
        assert self.running is not None
        self.running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        assert self.running is not None
        self.running.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it the way a power cut would, as far as the process can tell."""
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()
            self.running = None

    def stop(self) -> None:
        if self.running is not None:
            self.running.send_signal(signal.SIGTERM)
            try:
                self.running.wait(DEADLINE_S)
            finally:
                self.kill()

    def _is_ready(self) -> bool:
        assert self.running is not None
        assert self.running.poll() is None, self.log.read_text()[-2000:]
        try:
            return httpx.get(self.url + self.ready, timeout=DEADLINE_S).status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class World:
    """A sandbox, an engine set up for it, and the calls that tests make."""

    sandbox: Process
    engine: Process
    data: Path
    database_url: str = ""
    calls_before: int = 0
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=DEADLINE_S))
    auto_reply: dict[str, Any] = field(default_factory=lambda: FLOW)

    def wait_until(
        self, holds: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S
    ) -> Any:
        return wait_until(holds, what, deadline_s)

    def sandbox_call(self, method: str, path: str, json: Any = None) -> Any:
        answer = self.http.request(method, self.sandbox.url + path, json=json)
        assert answer.is_success, answer.text
        return answer.json()

    def engine_call(self, method: str, path: str, json: Any = None, *, token: str = TOKEN) -> Any:
        answer = self.http.request(
            method,
            self.engine.url + path,
            json=json,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def rows(self, query: str) -> list[Any]:
        """Read the engine's database itself."""
        if self.database_url:
            with psycopg.connect(self.database_url) as server:
                return server.execute(query.encode()).fetchall()
        file = self.data / "appmixer.sqlite"
        with closing(sqlite3.connect(file, timeout=DEADLINE_S)) as database:
            return database.execute(query).fetchall()

    def is_tried_again(self, run: Mapping[str, Any]) -> bool:
        """Say whether a send waits for its turn: Meta takes 80 messages a second of a number."""
        if run["status"] != "waiting":
            return False
        steps = self.engine_call("GET", f"/api/runs/{run['id']}")["steps"]
        return any(step["status"] == "retrying" for step in steps)

    def has_work(self) -> bool:
        """Say whether anything that was accepted is not read, not routed or not done yet."""
        waiting = ("inbox", "events WHERE state = 'new'", "segments WHERE state = 'queued'")
        return any(self.rows(f"SELECT 1 FROM {each} LIMIT 1") for each in waiting)

    def connect(self, name: str, access_token: str, *, token: str = TOKEN) -> Any:
        body = {"service": "appmixer:whatsapp", "name": name, "accessToken": access_token}
        return self.engine_call("POST", "/api/accounts", body, token=token)

    def set_webhook(self) -> None:
        callback = f"{self.engine.url}/plugins/appmixer/whatsapp/events"
        answer = self.sandbox_call("POST", "/_sandbox/webhook", {"callbackUrl": callback})
        assert answer["verified"] is True

    def register(
        self, number: str = NUMBER, token: str = "EAAsandbox", pin: str = "000000"
    ) -> None:
        answer = self.http.post(
            f"{self.sandbox.url}/v25.0/{number}/register",
            json={"messaging_product": "whatsapp", "pin": pin},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.json() == {"success": True}

    def runs(self, *, token: str = TOKEN, limit: int = 1000) -> list[dict[str, Any]]:
        found: dict[str, list[dict[str, Any]]] = self.engine_call(
            "GET", f"/api/runs?limit={limit}", token=token
        )
        return found["runs"]

    def calls(self) -> list[dict[str, Any]]:
        """Return every call that Graph was asked for since the sandbox's reset, oldest first."""
        calls: list[dict[str, Any]] = self.sandbox_call("GET", "/_sandbox/calls?limit=1000")[
            "calls"
        ]
        return calls[::-1]

    def asked(self) -> list[str]:
        """Return what Graph was asked since the test began: method, end of the path, status."""
        return [
            f"{call['method']} {call['path'].rpartition('/')[2]} {call['status']}"
            for call in self.calls()[self.calls_before :]
        ]

    def ask(self, method: str, path: str, json: Any = None, **given: Any) -> httpx.Response:
        """Ask the engine anything and return the answer, whatever it is."""
        headers = {"Authorization": f"Bearer {TOKEN}", **given.pop("headers", {})}
        url = self.engine.url + path
        return self.http.request(method, url, json=json, headers=headers, **given)

    def try_out(self, component: str, account: str | None = "acme", **input: Any) -> httpx.Response:
        """Let one component do its work once."""
        path = f"/api/components/appmixer.whatsapp.{component}/test"
        return self.ask("POST", path, {"account": account, "input": input})

    def start(self, flow_id: str, document: dict[str, Any]) -> Any:
        self.engine_call("PUT", f"/api/flows/{flow_id}", document)
        return self.engine_call("POST", f"/api/flows/{flow_id}/start")

    def ended_run(self, flow_id: str, status: str) -> dict[str, Any]:
        """Wait for the flow's only run to have the status, and return it with its steps."""

        def found() -> list[dict[str, Any]]:
            runs = self.engine_call("GET", f"/api/runs?flowId={flow_id}")["runs"]
            return [run for run in runs if run["status"] == status]

        [run] = self.wait_until(found, f"the run of {flow_id} is {status}")
        whole: dict[str, Any] = self.engine_call("GET", f"/api/runs/{run['id']}")
        return whole

    def says(self, person: str, **message: Any) -> None:
        """Let a person write to the business; a text unless another kind is given."""
        body = message or {"type": "text", "text": {"body": "hello"}}
        self.sandbox_call("POST", f"/_sandbox/people/{person}/messages", body)

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run `appmixer` against the engine; return the exit code and what was said."""
        environment = {"APPMIXER_URL": self.engine.url, "APPMIXER_API_TOKEN": TOKEN}
        done = subprocess.run(
            [str(BIN / "appmixer"), *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def log(self) -> str:
        return self.engine.log.read_text()

    def phone(self, person: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.sandbox_call(
            "GET", f"/_sandbox/people/{person}/messages"
        )["messages"]
        return messages


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A running sandbox and a running engine that is configured for it, with nothing connected."""
    with running(tmp_path, [str(BIN / "appmixer")]) as world:
        yield world


@pytest.fixture(scope="session")
def lasting_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world for all tests of a process; its engine takes SEEMS_PUBLIC for a public address."""
    engine = [sys.executable, "-c", PERMISSIVE_ENGINE]
    with running(tmp_path_factory.mktemp("world"), engine) as world:
        yield world


@pytest.fixture
def ready(lasting_world: World) -> Iterator[World]:
    """The lasting world with a fresh sandbox, its number registered and an account connected.

    A test that makes the engine stumble over something unforeseen fails.
    """
    world = lasting_world
    world.sandbox_call("POST", "/_sandbox/reset")
    world.register()
    world.connect("acme", "EAAsandbox")
    # The engine asks once an hour which numbers the account has; a test counts its own calls.
    assert world.try_out("GetPhoneNumber", phoneNumberId=NUMBER).json()["status"] == "completed"
    world.calls_before = len(world.calls())
    logged_before = len(world.log())
    yield world
    for flow in world.engine_call("GET", "/api/flows")["flows"]:
        assert world.ask("DELETE", f"/api/flows/{flow['id']}").status_code == 204
    for account in world.engine_call("GET", "/api/accounts")["accounts"]:
        if account["name"] != "acme":
            assert world.ask("DELETE", f"/api/accounts/{account['id']}").status_code == 204
    unforeseen = [line for line in world.log()[logged_before:].splitlines() if is_fault(line)]
    assert unforeseen == []


def is_fault(line: str) -> bool:
    return "Traceback" in line or '"level": "error"' in line


@contextmanager
def running(
    folder: Path,
    engine_command: list[str],
    *,
    knows_its_address: bool = False,
    database_url: str = "",
    secret_key: str = "",
    unknown_after_s: int = 900,
) -> Generator[World]:
    """Run a sandbox, and an engine that is configured for it, for as long as the context lasts."""
    sandbox_port, engine_port = free_port(), free_port()
    public_url = f"http://127.0.0.1:{engine_port}" if knows_its_address else ""
    sandbox_url = f"http://127.0.0.1:{sandbox_port}"
    data = folder / "data"
    database = ["--database-url", database_url] if database_url else []
    sandbox = Process(
        [str(BIN / "appmixer"), "sandbox", "--port", str(sandbox_port)],
        sandbox_url,
        "/_sandbox/fixture",
        {},
        folder / "sandbox.log",
    )
    engine = Process(
        [*engine_command, "up", "--data", str(data), "--port", str(engine_port), *database],
        f"http://127.0.0.1:{engine_port}",
        "/readyz",
        {
            "APPMIXER_API_TOKEN": TOKEN,
            "APPMIXER_PUBLIC_URL": public_url,
            "APPMIXER_SECRET_KEY": secret_key,
            "APPMIXER_WHATSAPP_CLIENT_ID": "100000000000001",
            "APPMIXER_WHATSAPP_CLIENT_SECRET": "sandbox-app-secret",
            "APPMIXER_WHATSAPP_CONFIG_ID": "200000000000002",
            "APPMIXER_WHATSAPP_VERIFY_TOKEN": "sandbox-verify-token",
            "APPMIXER_WHATSAPP_UNKNOWN_AFTER_S": str(unknown_after_s),
            "APPMIXER_WHATSAPP_GRAPH_URL": sandbox_url,
            "APPMIXER_WHATSAPP_DIALOG_URL": sandbox_url,
        },
        folder / "engine.log",
    )
    world = World(sandbox, engine, data, database_url)
    try:
        sandbox.start()
        engine.start()
        yield world
    finally:
        engine.stop()
        sandbox.stop()
        world.http.close()
