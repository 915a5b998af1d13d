"""The figures as a page to read."""

from __future__ import annotations

from collections.abc import Iterator

from .figures import Figures

NAMES = {
    "engine": "the engine",
    "noOperation": "a plugin's route that does nothing",
    "healthz": "/healthz, through FastAPI",
    "pywa": "pywa on FastAPI, stores nothing",
}
LATENCIES = ("p50", "p95", "p99", "max")
WIDTH = 42


def page(figures: Figures) -> str:
    """Return all that was measured; sections that were left out are missing."""
    sections = {
        "ingest": _ingest,
        "flowRuns": _flow_runs,
        "startUp": _start_up,
        "sandbox": _sandbox,
    }
    lines = list(_machine(figures["machine"]))
    for name, section in sections.items():
        if name in figures:
            lines += ["", *section(figures[name])]
    return "\n".join([*lines, "", *_targets(figures["targets"])])


def _machine(machine: Figures) -> Iterator[str]:
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    yield f"{machine['cores']} cores, {machine['processor']}, {machine['system']}"
    yield f"Python {machine['python']}, SQLite {machine['sqlite']}, {packages}"
    yield (
        f"Writing a page and fsync takes {machine['fsyncMs']} ms; the load average was "
        f"{machine['loadAverage']} before the start."
    )


def _ingest(ingest: Figures) -> Iterator[str]:
    yield (
        f"Signed webhooks, {ingest['connections']} connections, "
        f"{ingest['webhooksPerBurst']} in a burst, medians of bursts and of their ratios"
    )
    head = "".join(f"{name + ' ms':>10}" for name in LATENCIES)
    yield f"  {'':{WIDTH}}{'per second':>12}{head}{'our CPU':>9}"
    for name, each in ingest["contestants"].items():
        times = "".join(f"{each['latencyMs'][key]:>10g}" for key in LATENCIES)
        busy = f"{each['loadGeneratorBusy']:.0%}"
        yield f"  {NAMES[name]:{WIDTH}}{each['perSecond']:>12g}{times}{busy:>9}"
    yield from _ratios(ingest["ratios"])
    yield (
        "  From the first webhook until the last was routed as well: "
        f"{ingest['routedPerSecond']:g} per second."
    )
    yield (
        f"  {ingest['acknowledged']} acknowledged, {ingest['lostAfterKill']} of them missing "
        "after kill -9 (every commit is an fsync: synchronous=FULL)."
    )


def _flow_runs(flow_runs: Figures) -> Iterator[str]:
    yield f"Flow runs, webhook to the end of the run, {flow_runs['runsPerRound']} in a round"
    yield f"  {'':{WIDTH}}{'per second':>12}"
    for name, each in flow_runs["contestants"].items():
        yield f"  {NAMES[name]:{WIDTH}}{each['perSecond']:>12g}"
    yield from _ratios(flow_runs["ratios"])
    times = ", ".join(f"{key} {flow_runs['acknowledgementMs'][key]:g}" for key in LATENCIES)
    yield f"  Acknowledged meanwhile within (ms): {times}"
    yield (
        f"  {flow_runs['asked']} runs asked for, {flow_runs['completed']} completed, "
        f"{flow_runs['sent']} messages sent."
    )


def _start_up(start_up: Figures) -> Iterator[str]:
    yield "Start-up"
    for name, value in (
        ("first start to ready", f"{start_up['firstStartS']:g} s"),
        ("later start to ready", f"{start_up['laterStartS']:g} s"),
        (f"memory {start_up['idleAfterS']:g} s later", f"{start_up['idleMemoryMb']:g} MB"),
        ("import appmixer.engine.contract", f"{start_up['contractImportS']:g} s"),
    ):
        yield f"  {name:{WIDTH}}{value:>12}"


def _sandbox(sandbox: Figures) -> Iterator[str]:
    yield (
        f"Messages through the sandbox, {sandbox['connections']} connections, "
        f"{sandbox['messagesPerRound']} in a round, medians of rounds"
    )
    for name, value in (
        ("accepted per second", f"{sandbox['acceptedPerSecond']:g}"),
        ("... and told in three statuses", f"{sandbox['toldPerSecond']:g}"),
        ("p99 of an answer", f"{sandbox['latencyMs']['p99']:g} ms"),
        ("memory, history and log full", f"{sandbox['memoryMb']:g} MB"),
    ):
        yield f"  {name:{WIDTH}}{value:>12}"
    yield f"  {sandbox['sent']} messages sent, {sandbox['statuses']} statuses delivered."


def _ratios(ratios: Figures) -> Iterator[str]:
    for pair, ratio in ratios.items():
        yield f"  {'ratio ' + pair:{WIDTH}}{ratio:>12g}"


def _targets(targets: list[Figures]) -> Iterator[str]:
    yield "Targets"
    for each in targets:
        met = "met" if each["isMet"] else "MISSED"
        yield f"  {each['name']:{WIDTH}}{each['measured']:>12g}  {each['wanted']:<14}  {met}"
