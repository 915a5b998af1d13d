"""Engine and sandbox as processes of their own, which speak HTTP and can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

BIN = Path(sys.executable).parent
TOKEN = "end-to-end-test-token"
NUMBER = "106540352242922"
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(holds: Callable[[], Any], what: str, deadline_s: float = 30.0) -> Any:
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
                self.running.wait(20)
            finally:
                self.kill()

    def _is_ready(self) -> bool:
        assert self.running is not None
        assert self.running.poll() is None, self.log.read_text()[-2000:]
        try:
            return httpx.get(self.url + self.ready, timeout=1).status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class World:
    """A sandbox, an engine set up for it, and the calls that tests make."""

    sandbox: Process
    engine: Process
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))
    auto_reply: dict[str, Any] = field(default_factory=lambda: FLOW)

    def wait_until(self, holds: Callable[[], Any], what: str, deadline_s: float = 30.0) -> Any:
        return wait_until(holds, what, deadline_s)

    def sandbox_call(self, method: str, path: str, json: Any = None) -> Any:
        answer = self.http.request(method, self.sandbox.url + path, json=json)
        assert answer.is_success, answer.text
        return answer.json()

    def engine_call(
        self, method: str, path: str, json: Any = None, *, token: str = TOKEN, status: int = 200
    ) -> Any:
        answer = self.http.request(
            method,
            self.engine.url + path,
            json=json,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code in (status, status + 1), f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

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

    def phone(self, person: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.sandbox_call(
            "GET", f"/_sandbox/people/{person}/messages"
        )["messages"]
        return messages


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A running sandbox and a running engine that is configured for it, with nothing connected."""
    sandbox_port, engine_port = free_port(), free_port()
    sandbox_url = f"http://127.0.0.1:{sandbox_port}"
    sandbox = Process(
        [str(BIN / "appmixer"), "sandbox", "--port", str(sandbox_port)],
        sandbox_url,
        "/_sandbox/fixture",
        {},
        tmp_path / "sandbox.log",
    )
    engine = Process(
        [
            str(BIN / "appmixer"),
            "up",
            "--data",
            str(tmp_path / "data"),
            "--port",
            str(engine_port),
        ],
        f"http://127.0.0.1:{engine_port}",
        "/readyz",
        {
            "APPMIXER_API_TOKEN": TOKEN,
            "APPMIXER_WHATSAPP_CLIENT_ID": "100000000000001",
            "APPMIXER_WHATSAPP_CLIENT_SECRET": "sandbox-app-secret",
            "APPMIXER_WHATSAPP_CONFIG_ID": "200000000000002",
            "APPMIXER_WHATSAPP_VERIFY_TOKEN": "sandbox-verify-token",
            "APPMIXER_WHATSAPP_GRAPH_URL": sandbox_url,
            "APPMIXER_WHATSAPP_DIALOG_URL": sandbox_url,
        },
        tmp_path / "engine.log",
    )
    world = World(sandbox, engine)
    try:
        sandbox.start()
        engine.start()
        yield world
    finally:
        engine.stop()
        sandbox.stop()
        world.http.close()
