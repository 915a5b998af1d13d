"""Ten thousand waits in one process: what they cost while nothing happens, and how soon they end.

The long proof prints its figures, and holds them to what is promised of ten thousand.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from .conftest import BIN, NUMBER, running

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="reads memory and processor time of a process where Linux does"
)

WABA = "102290129340398"
FLOW: dict[str, Any] = {
    "name": "Waits",
    "components": {
        "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"},
        "wait": {
            "type": "appmixer.whatsapp.WaitForStatus",
            "account": "acme",
            "source": {"in": {"incoming": ["message"]}},
            "input": {
                "phoneNumberId": "{{ incoming.message.phoneNumberId }}",
                "messageId": "{{ incoming.message.text.body }}",
                "waitFor": "read",
                "waitSeconds": 30 * 24 * 3600,
            },
        },
    },
}
A_BATCH = 100  # messages in one webhook
MAX_GROWTH_MB, MAX_IDLE_PERCENT, MAX_MEDIAN_MS = 100.0, 1.0, 100.0


def test_many_waits_are_there_at_once_and_each_ends_with_its_own_status(world: World) -> None:
    figures = fill_and_end(world, waits=600, ends=30, idle_s=0.5)

    assert figures["growthMb"] <= MAX_GROWTH_MB


@pytest.mark.prove
def test_ten_thousand_waits_cost_next_to_nothing_and_end_at_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = fill_and_end(world, waits=10_000, ends=300, idle_s=30.0)

    show(capsys, figures)
    assert figures["growthMb"] <= MAX_GROWTH_MB
    assert figures["idlePercent"] <= MAX_IDLE_PERCENT
    assert figures["medianMs"] <= MAX_MEDIAN_MS


@pytest.mark.prove
def test_a_hundred_thousand_waits_on_postgresql(
    tmp_path: Path, postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(tmp_path, [str(BIN / "appmixer")], database_url=postgres) as world:
        show(capsys, fill_and_end(world, waits=100_000, ends=300, idle_s=30.0))


def show(capsys: pytest.CaptureFixture[str], figures: dict[str, float]) -> None:
    """Print the figures also of a proof that holds."""
    with capsys.disabled():
        sys.stdout.write(f"\n{json.dumps(figures)}\n")


def fill_and_end(world: World, *, waits: int, ends: int, idle_s: float) -> dict[str, float]:
    """Let runs wait for as many messages, and some of these be read; return what it cost."""
    world.set_webhook()
    world.connect("acme", "EAAsandbox")
    world.engine_call("PUT", "/api/flows/waits", FLOW)
    world.engine_call("POST", "/api/flows/waits/start")
    fill(world, range(A_BATCH))  # what everything needs once is there before it is measured
    before_mb = memory(world)
    fill(world, range(A_BATCH, waits + A_BATCH))
    growth_mb, idle = memory(world) - before_mb, idle_percent(world, idle_s)
    ended = random.Random(20261129).sample(range(waits), ends)
    late_ms = sorted(end(world, number) for number in ended)

    assert pending(world) == waits + A_BATCH - ends
    return {
        "waits": waits,
        "growthMb": round(growth_mb, 1),
        "idlePercent": round(idle, 2),
        "medianMs": round(statistics.median(late_ms), 1),
        "p95Ms": round(late_ms[int(len(late_ms) * 0.95)], 1),
    }


def fill(world: World, numbers: range) -> None:
    """Let a run begin for each number, and wait until all of them wait."""
    starts = range(numbers.start, numbers.stop, A_BATCH)
    bodies = [[message(n) for n in range(each, each + A_BATCH)] for each in starts]
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(partial(post, world), bodies)) == {200}
    world.wait_until(lambda: pending(world) == numbers.stop, f"{numbers.stop} runs wait", 900)


def end(world: World, number: int) -> float:
    """Let the message be read, and return how many milliseconds later its run had ended."""
    told_at = time.time()
    assert post(world, [status(number)]) == 200
    run_id = run_of(world, number)
    run = world.wait_until(lambda: completed(world, run_id), f"wait {number} is over")
    return (datetime.fromisoformat(run["endedAt"]).timestamp() - told_at) * 1000


def completed(world: World, run_id: str) -> Any:
    run = world.engine_call("GET", f"/api/runs/{run_id}")
    return run if run["status"] == "completed" else None


def run_of(world: World, number: int) -> str:
    [(run_id,)] = world.rows(
        f"SELECT run_id FROM segments WHERE key = 'message:{WABA}:{wamid(number)}'"
    )
    return str(run_id)


def pending(world: World) -> int:
    [(count,)] = world.rows("SELECT count(*) FROM segments WHERE state = 'waiting'")
    return int(count)


def memory(world: World) -> float:
    """Return the resident memory of the engine in MB."""
    assert world.engine.running is not None
    lines = Path(f"/proc/{world.engine.running.pid}/status").read_text().splitlines()
    [rss] = [each for each in lines if each.startswith("VmRSS")]
    return int(rss.split()[1]) / 1024


def idle_percent(world: World, lasts_s: float) -> float:
    """Return which part of a processor the engine uses while nothing happens."""
    assert world.engine.running is not None
    # The number of another process's clock, as clock_getcpuclockid(3) makes it.
    clock = (~world.engine.running.pid << 3) | 2
    before = time.clock_gettime(clock)
    time.sleep(lasts_s)  # doing nothing for so long is what is measured
    return (time.clock_gettime(clock) - before) / lasts_s * 100


def wamid(number: int) -> str:
    return f"wamid.wait{number}"


def message(number: int) -> dict[str, Any]:
    person = f"1650558{number % 10_000:04d}"
    text = {"type": "text", "text": {"body": wamid(number)}}
    said = {"from": person, "id": f"wamid.in{number}", "timestamp": "1790000000", **text}
    contacts = [{"profile": {"name": "P"}, "wa_id": person}]
    return {"contacts": contacts, "messages": [said]}


def status(number: int) -> dict[str, Any]:
    read = {"id": wamid(number), "status": "read", "timestamp": "1790000009"}
    return {"statuses": [{**read, "recipient_id": f"1650558{number % 10_000:04d}"}]}


def post(world: World, values: list[dict[str, Any]]) -> int:
    place = {"display_phone_number": "15550783881", "phone_number_id": NUMBER}
    changes = [
        {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": place, **each}}
        for each in values
    ]
    body = {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": changes}]}
    raw = json.dumps(body).encode()
    signature = hmac.new(b"sandbox-app-secret", raw, hashlib.sha256).hexdigest()
    return httpx.post(
        f"{world.engine.url}/plugins/appmixer/whatsapp/events",
        content=raw,
        headers={"X-Hub-Signature-256": f"sha256={signature}"},
        timeout=150,
    ).status_code
