"""Measure, print a page, and say in the exit code whether anything acknowledged was lost."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import flow_runs, ingest, machine, page, routing, sandbox, several, start_up, windows
from .figures import Figures, Target
from .report import told

# Not the system's folder for temporary files: where that is memory, fsync means nothing.
BUILD = Path(__file__).parent.parent / "build"
SECTIONS = ("ingest", "flows", "several", "routing", "start", "sandbox", "windows", "page")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    webhooks: int
    bursts: int
    runs: int
    warm_up: int
    singles: int
    events: int
    rounds: int
    starts: int
    idle_s: float
    messages: int
    people: int
    lookups: int
    opens: int


USUAL = Size(
    webhooks=2000,
    bursts=15,
    runs=1000,
    warm_up=5000,
    singles=100,
    events=60,
    rounds=7,
    starts=3,
    idle_s=20.0,
    messages=6000,
    people=1_000_000,
    lookups=5000,
    opens=5,
)
QUICK = Size(
    webhooks=800,
    bursts=2,
    runs=100,
    warm_up=500,
    singles=10,
    events=10,
    rounds=2,
    starts=1,
    idle_s=2.0,
    messages=2000,
    people=100_000,
    lookups=1000,
    opens=1,
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    usual = QUICK if options.quick else USUAL
    given = {name: getattr(options, name) for name in Size.__annotations__}
    size = Size(
        **{name: getattr(usual, name) if value is None else value for name, value in given.items()}
    )
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder.resolve()) as folder:
        figures = measure(size, options.only or SECTIONS, Path(folder))
    sys.stdout.write(told(figures) + "\n")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if _nothing_lost(figures) else 1


def measure(size: Size, sections: Sequence[str], folder: Path) -> Figures:
    """Run the sections one after the other."""
    figures: Figures = {"machine": machine.describe(folder)}
    targets: list[Target] = []
    if "ingest" in sections:
        figures["ingest"], found = ingest.measure(size.webhooks, size.bursts, folder / "ingest")
        targets += found
    if "flows" in sections:
        figures["flowRuns"], found = flow_runs.measure(
            size.runs, size.rounds, size.warm_up, size.singles, folder / "flows"
        )
        targets += found
    if "several" in sections:
        figures["several"], found = several.measure(
            size.runs, size.rounds, size.singles, size.idle_s, folder / "several"
        )
        targets += found
    if "routing" in sections:
        figures["routing"], found = routing.measure(size.events, size.rounds, folder / "routing")
        targets += found
    if "start" in sections:
        figures["startUp"], found = start_up.measure(size.starts, size.idle_s, folder / "start")
        targets += found
    if "sandbox" in sections:
        figures["sandbox"], found = sandbox.measure(size.messages, size.rounds, folder / "sandbox")
        targets += found
    if "windows" in sections:
        figures["windows"], found = windows.measure(size.people, size.lookups, folder / "windows")
        targets += found
    if "page" in sections:
        figures["page"], found = page.measure(size.opens, folder / "page")
        targets += found
    figures["targets"] = [each.figures() for each in targets]
    return figures


def _nothing_lost(figures: Figures) -> bool:
    flows = figures.get("flowRuns", {"contestants": {}})["contestants"]
    sites = figures.get("several", {"sites": {}})["sites"]
    lost: int = figures.get("ingest", {"lostAfterKill": 0})["lostAfterKill"]
    told = figures.get("sandbox", {"sent": 0, "statuses": 0})
    return (
        lost == 0
        and all(flow_runs.is_whole(each) for each in flows.values())
        and all(several.is_whole(each) for each in sites.values())
        and told["statuses"] == told["sent"] * sandbox.STATUSES
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a first look, in a minute")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="this section (repeat)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--folder", type=Path, help="where the databases are made", default=BUILD)
    parser.add_argument("--webhooks", type=int, help=f"in a burst, usually {USUAL.webhooks}")
    parser.add_argument("--bursts", type=int, help=f"of webhooks, usually {USUAL.bursts}")
    parser.add_argument("--runs", type=int, help=f"in a round, usually {USUAL.runs}")
    parser.add_argument("--warm-up", type=int, help=f"of Node-RED, usually {USUAL.warm_up} runs")
    parser.add_argument("--singles", type=int, help=f"messages at rest, usually {USUAL.singles}")
    parser.add_argument("--events", type=int, help=f"routed in a round, usually {USUAL.events}")
    parser.add_argument("--rounds", type=int, help=f"usually {USUAL.rounds}")
    parser.add_argument("--starts", type=int, help=f"usually {USUAL.starts}")
    parser.add_argument("--messages", type=int, help=f"in a round, usually {USUAL.messages}")
    parser.add_argument("--people", type=int, help=f"with a window, usually {USUAL.people}")
    parser.add_argument("--lookups", type=int, help=f"of windows, usually {USUAL.lookups}")
    parser.add_argument("--opens", type=int, help=f"of each page, usually {USUAL.opens}")
    parser.add_argument("--idle-s", type=float, help=f"usually {USUAL.idle_s:g}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
