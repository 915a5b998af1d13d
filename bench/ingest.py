"""How fast signed webhooks are acknowledged, and whether what was acknowledged is stored."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .figures import Figures, Target, latencies_ms, median, ratio, rounded
from .load import Round, send
from .processes import Child, start
from .servers.engine import DATABASE, EVENTS, HEALTH, NOTHING
from .servers.pywa import PATH as PYWA
from .tables import Tables, of_file
from .webhooks import SignedWebhook, WebhookMill, wamid_of

CONNECTIONS = 64
WARM_UP = 128
ENGINE, NO_OPERATION, HEALTH_CHECK, OTHER = "engine", "noOperation", "healthz", "pywa"
NOT_ROUTED = "(SELECT 1 FROM inbox UNION ALL SELECT 1 FROM events WHERE state = 'new')"


@dataclass
class Contestant:
    """A route of a process, and the rounds it has had."""

    path: str
    child: Child
    rounds: list[Round] = field(default_factory=list[Round])

    def requests(self, webhooks: Sequence[SignedWebhook]) -> list[bytes]:
        if self.path == HEALTH:
            return [b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % HEALTH.encode()] * len(webhooks)
        return [webhook.request(self.path) for webhook in webhooks]

    def send(self, webhooks: Sequence[SignedWebhook]) -> Round:
        """Send them all; raise RuntimeError when one was not answered 200."""
        requests = self.requests(webhooks)
        done = send(
            requests[WARM_UP:],
            port=self.child.port,
            connections=CONNECTIONS,
            warm_up=requests[:WARM_UP],
        )
        if set(done.statuses) != {200}:
            raise RuntimeError(f"{self.path} answered {dict(done.statuses)}")
        return done

    def figures(self) -> Figures:
        rates = [each.per_second for each in self.rounds]
        busy = sum(each.own_cpu_s for each in self.rounds)
        return {
            "perSecond": rounded(median(rates)),
            "rounds": [rounded(rate) for rate in rates],
            "latencyMs": latencies_ms([each for done in self.rounds for each in done.latencies_s]),
            "loadGeneratorBusy": rounded(busy / sum(each.duration_s for each in self.rounds)),
        }


def measure(webhooks: int, bursts: int, folder: Path) -> tuple[Figures, list[Target]]:
    """Let the contestants take turns; each is alone on the machine during its turn."""
    mill, acknowledged, routed = WebhookMill(), set[str](), list[float]()
    tables = of_file(folder / "engine" / DATABASE)
    with _contestants(folder) as contestants:
        engine = contestants[ENGINE].child
        for _ in range(bursts):
            for name, contestant in contestants.items():
                made = mill.make(WARM_UP + webhooks)
                with contestant.child.awake():
                    contestant.rounds.append(contestant.send(made))
                    if name == ENGINE:
                        acknowledged |= {each.wamid for each in made}
                        routed_at = tables.wait_for(NOT_ROUTED, 0, engine)
                        routed.append(webhooks / (routed_at - contestant.rounds[-1].started_at))
        acknowledged |= _send_and_kill(contestants[ENGINE], mill.make(WARM_UP + webhooks))
    lost = acknowledged - _stored(tables)
    figures: Figures = {
        "connections": CONNECTIONS,
        "webhooksPerBurst": webhooks,
        "contestants": {name: each.figures() for name, each in contestants.items()},
        "routedPerSecond": rounded(median(routed)),
        "acknowledged": len(acknowledged),
        "lostAfterKill": len(lost),
    }
    figures["ratios"] = {
        f"{ENGINE}/{other}": rounded(ratio(_rates(figures, ENGINE), _rates(figures, other)))
        for other in (NO_OPERATION, HEALTH_CHECK, OTHER)
    }
    return figures, _targets(figures)


@contextmanager
def _contestants(folder: Path) -> Generator[dict[str, Contestant]]:
    with ExitStack() as stack:
        data = folder / "engine"
        engine = stack.enter_context(
            start("bench.servers.engine", ["--data", str(data)], folder=data)
        )
        engine.freeze()
        pywa = stack.enter_context(start("bench.servers.pywa", [], folder=folder / "pywa"))
        pywa.freeze()
        yield {
            ENGINE: Contestant(EVENTS, engine),
            NO_OPERATION: Contestant(NOTHING, engine),
            HEALTH_CHECK: Contestant(HEALTH, engine),
            OTHER: Contestant(PYWA, pywa),
        }


def _send_and_kill(engine: Contestant, webhooks: Sequence[SignedWebhook]) -> set[str]:
    with engine.child.awake():
        engine.send(webhooks)
        engine.child.kill()
    return {each.wamid for each in webhooks}


def _stored(tables: Tables) -> set[str]:
    # An event's id is message:<phoneNumberId>:<wamid>; what was not read yet is in the inbox.
    read = {each.split(":", 2)[2] for each in tables.column("SELECT id FROM events")}
    unread = tables.column("SELECT CAST(content AS TEXT) FROM inbox")
    return read | {wamid_of(json.loads(each)) for each in unread}


def _rates(figures: Figures, name: str) -> Sequence[float]:
    rates: list[float] = figures["contestants"][name]["rounds"]
    return rates


def _targets(figures: Figures) -> list[Target]:
    ratios, engine = figures["ratios"], figures["contestants"][ENGINE]
    return [
        Target(
            "webhooks per second / no-operation route",
            ratios[f"{ENGINE}/{NO_OPERATION}"],
            0.6,
            is_lower_bound=True,
        ),
        Target(
            "webhooks per second / pywa's endpoint",
            ratios[f"{ENGINE}/{OTHER}"],
            0.9,
            is_lower_bound=True,
        ),
        Target("p99 of an acknowledgement, ms", engine["latencyMs"]["p99"], 250.0),
        Target("acknowledged events lost by kill -9", figures["lostAfterKill"], 0),
    ]
