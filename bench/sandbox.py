"""How many messages a second the sandbox takes and tells the statuses of, in what memory."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .figures import Figures, Target, latencies_ms, median, rounded
from .load import Round, send
from .processes import Child, memory_mb, start
from .servers.callback import COUNTED
from .servers.sandbox import recipient, sender
from .webhooks import WABA_IDS

CONNECTIONS = 64
STATUSES = 3
WANTED_PER_SECOND = 2000
# Rounds until history and log are as full as they get; memory is compared from there on.
FILLING = 2
POLL_S = 0.01
DELAY_S = 60.0
# Public by design: it opens nothing but the simulation.
TOKEN = "EAAsandbox"  # noqa: S105


@dataclass
class Stage:
    """A sandbox and the endpoint that its webhooks go to."""

    sandbox: Child
    callback: Child
    sent: int = 0
    rounds: list[Round] = field(default_factory=list[Round])
    told: list[float] = field(default_factory=list[float])
    memory_mb: list[float] = field(default_factory=list[float])

    def play(self, messages: int) -> None:
        """Send them all, and wait until every status of them has arrived."""
        requests = [_request(position) for position in range(messages)]
        done = send(requests, port=self.sandbox.port, connections=CONNECTIONS)
        if set(done.statuses) != {200}:
            raise RuntimeError(f"the sandbox answered {dict(done.statuses)}")
        self.sent += messages
        self._wait_for(self.sent * STATUSES)
        self.rounds.append(done)
        self.told.append(messages / (time.perf_counter() - done.started_at))
        self.memory_mb.append(memory_mb(self.sandbox.process.pid))

    def _wait_for(self, statuses: int) -> None:
        deadline = time.monotonic() + DELAY_S
        while (counted := self.counted()) < statuses:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{counted} of {statuses} statuses came")
            self.sandbox.check()
            time.sleep(POLL_S)

    def counted(self) -> int:
        statuses: int = _call(self.callback.port, COUNTED)["statuses"]
        return statuses


def measure(messages: int, rounds: int, folder: Path) -> tuple[Figures, list[Target]]:
    """Play rounds with nothing left out: signed webhooks over real connections, in order."""
    with _stage(messages, folder) as stage:
        for _ in range(FILLING + rounds):
            stage.play(messages)
        told = stage.counted()
    counted = stage.rounds[FILLING:]
    growth_mb = stage.memory_mb[-1] - stage.memory_mb[FILLING - 1]
    figures: Figures = {
        "connections": CONNECTIONS,
        "messagesPerRound": messages,
        "acceptedPerSecond": rounded(median([each.per_second for each in counted])),
        "toldPerSecond": rounded(median(stage.told[FILLING:])),
        "latencyMs": latencies_ms([each for done in counted for each in done.latencies_s]),
        "sent": stage.sent,
        "statuses": told,
        "memoryMb": rounded(stage.memory_mb[-1]),
        "growthMb": rounded(growth_mb),
    }
    return figures, _targets(figures)


def _targets(figures: Figures) -> list[Target]:
    return [
        Target(
            "messages per second with three statuses",
            figures["toldPerSecond"],
            WANTED_PER_SECOND,
            is_lower_bound=True,
        ),
        Target("sandbox's memory grown when full, MB", figures["growthMb"], 8.0),
    ]


@contextmanager
def _stage(messages: int, folder: Path) -> Generator[Stage]:
    with ExitStack() as stack:
        callback = stack.enter_context(
            start("bench.servers.callback", [], folder=folder / "callback")
        )
        sandbox = stack.enter_context(start("bench.servers.sandbox", [], folder=folder / "sandbox"))
        # What is kept of the past is full after one round, so that memory shows a leak; and the
        # last message's statuses come soon, as waiting for them is no work.
        delays = {"sent": 0.01, "delivered": 0.02, "read": 0.03}
        kept = {"historyLimit": messages, "logBytes": 1_000_000, "statusDelaysS": delays}
        _call(sandbox.port, "/_sandbox/settings", kept)
        url = f"http://127.0.0.1:{callback.port}/"
        _call(sandbox.port, "/_sandbox/webhook", {"callbackUrl": url})
        _call(sandbox.port, f"/v25.0/{WABA_IDS[0]}/subscribed_apps", {})
        yield Stage(sandbox, callback)


def _call(port: int, path: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"},
    )
    with urllib.request.urlopen(request, timeout=DELAY_S) as answer:
        return json.load(answer)


def _request(position: int) -> bytes:
    message = {
        "messaging_product": "whatsapp",
        "to": f"+{recipient(position)}",
        "type": "text",
        "text": {"body": f"Message {position}"},
    }
    body = json.dumps(message).encode()
    head = (
        f"POST /v25.0/{sender(position)}/messages HTTP/1.1\r\n"
        "Host: localhost\r\n"
        f"Authorization: Bearer {TOKEN}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
