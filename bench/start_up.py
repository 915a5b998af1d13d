"""How long `appmixer up` takes to be ready, what it takes when idle, and what comes before it."""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

from .figures import Figures, Target, median, rounded
from .processes import ROOT, bare_environment, cpu_s, free_port, memory_mb

COMMAND = Path(sys.executable).parent / "appmixer"
READY_S = 60.0
POLL_S = 0.005
# Of which the best counts.
TRIES = 5
# What a start has left to do is done by then.
SETTLE_S = 3.0
IMPORT = (
    "import time; started = time.perf_counter(); import {}; print(time.perf_counter() - started)"
)


def measure(starts: int, idle_s: float, folder: Path) -> tuple[Figures, list[Target]]:
    """Start the engine on fresh folders, and again on the last of them."""
    first = [_start_s(folder / f"start-{number}") for number in range(starts)]
    known = folder / f"start-{starts - 1}"
    again = [_start_s(known) for _ in range(starts - 1)]
    with engine(known, free_port()) as (pid, duration_s):
        again.append(duration_s)
        time.sleep(min(SETTLE_S, idle_s))
        before_s, started = cpu_s(pid), time.perf_counter()
        time.sleep(idle_s)
        idle_cpu = (cpu_s(pid) - before_s) / (time.perf_counter() - started)
        idle_memory_mb = memory_mb(pid)
    figures: Figures = {
        "firstStartS": rounded(median(first)),
        "laterStartS": rounded(median(again)),
        "idleS": idle_s,
        "idleCpuPercent": rounded(idle_cpu * 100),
        "idleMemoryMb": rounded(idle_memory_mb),
        "contractImportS": _best_s(lambda: _import_s("appmixer.engine.contract")),
        "pluginImportS": _best_s(lambda: _import_s("appmixer.whatsapp.plugin")),
        "componentsListedS": _best_s(_listing_s),
    }
    return figures, [
        Target("first start to ready, s", figures["firstStartS"], 1.2),
        Target("later start to ready, s", figures["laterStartS"], 1.2),
        Target("idle processor, % of a core", figures["idleCpuPercent"], 0.5),
        Target("idle memory, MB", figures["idleMemoryMb"], 125.0),
        Target("import of the contract, s", figures["contractImportS"], 0.25),
        Target("import of the connector's plugin, s", figures["pluginImportS"], 0.3),
        Target("appmixer components, s", figures["componentsListedS"], 0.5),
    ]


def _start_s(data: Path) -> float:
    with engine(data, free_port()) as (_, duration_s):
        return duration_s


@contextlib.contextmanager
def engine(data: Path, port: int) -> Generator[tuple[int, float]]:
    """Run `appmixer up`; yield its process id and how long it took to be ready."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "output.log").open("w") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [COMMAND, "up", "--data", str(data), "--port", str(port)],
            env=bare_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            _wait_until_ready(process, port, data / "output.log")
            yield process.pid, time.perf_counter() - started
        finally:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[str], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        connection.close()
        if process.poll() is not None:
            raise RuntimeError(f"appmixer up ended: {log.read_text()[-2000:]}")
        time.sleep(POLL_S)
    raise TimeoutError(f"appmixer up was not ready after {READY_S:g} s: {log.read_text()[-2000:]}")


def _best_s(measured_s: Callable[[], float]) -> float:
    return rounded(min(measured_s() for _ in range(TRIES)))


def _import_s(module: str) -> float:
    command = [sys.executable, "-c", IMPORT.format(module)]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)


def _listing_s() -> float:
    started = time.perf_counter()
    subprocess.run([COMMAND, "components"], cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - started
