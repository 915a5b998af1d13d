"""The documentation tells of everything that there is, and of nothing that is not there.

`python -m tests.test_docs` writes the table of error codes again from the catalogue.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import typer.main
from typer.core import TyperGroup

from appmixer.engine.api.application import create_rest
from appmixer.engine.cli.app import app as command_line
from appmixer.engine.contract import load_connectors, testing
from appmixer.engine.contract.connector import Hooks
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.documents import read_document
from appmixer.engine.host.engine import Engine
from appmixer.engine.observe.metrics import Metrics
from appmixer.engine.settings import Settings
from appmixer.sandbox.behaviour.webhooks.courier import Courier
from appmixer.sandbox.cli.commands import app as sandbox_command_line
from appmixer.sandbox.controls.application import create_controls
from appmixer.sandbox.gateway.routes import NOT_SIMULATED
from appmixer.sandbox.world.faults import FaultRule
from appmixer.sandbox.world.feed import EventKind
from appmixer.sandbox.world.seed import seed
from appmixer.sandbox.world.settings import Settings as SandboxSettings
from appmixer.sandbox.world.world import World
from appmixer.whatsapp.plugin.graph.errors import Entry, entries

from .ports import free_port

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
TROUBLESHOOTING = ROOT / "docs" / "troubleshooting.md"
MANIFEST = load_connectors()["appmixer:whatsapp"].manifest
TABLE = re.compile(r"(?<=<!-- error codes: begin -->\n).*?(?=<!-- error codes: end -->)", re.S)
CODE_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.M | re.S)
TRANSCRIPT = re.compile(r"(?<=begin -->\n```text\n).*?(?=```\n<!-- transcript: end -->)", re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.M)
SAMPLE_FLOW = ROOT / "examples" / "auto_reply.flow.json"
# Paths of the machines this is built on, and hosts that answer to package managers only.
FOREIGN = re.compile(
    r"(?<![\w./-])/(?:work|root|home|farm|tmp)/"
    r"|\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)\b"
)


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def missing(words: Iterable[str], name: str) -> list[str]:
    """Return the words that a page does not have between backticks, alone or in a longer text."""
    code = " ".join(re.findall(r"`([^`\n]+)`", text_of(name)))
    return [
        word for word in words if not re.search(rf"(?<![\w/-]){re.escape(word)}(?![\w/-])", code)
    ]


def error_table() -> str:
    """Return the rows of the catalogue as a table, by code and subcode."""
    rows = [
        "| Code | What happened | What to do | Tried again |",
        "| --- | --- | --- | --- |",
        *(_row(entry) for entry in sorted(entries(), key=_by_code)),
    ]
    return "\n".join(rows) + "\n"


def _by_code(entry: Entry) -> tuple[int, int, str]:
    return entry.code, entry.subcode or 0, entry.message_hint


def _row(entry: Entry) -> str:
    last = f" to {entry.last_code}" if entry.last_code else ""
    subcode = f" / {entry.subcode}" if entry.subcode else ""
    cells = (
        f"{entry.code}{last}{subcode}",
        f"{_linked(entry)}. {entry.cause}",
        entry.cure,
        _tried_again(entry),
    )
    return f"| {' | '.join(cells)} |".replace("\n", " ")


def _linked(entry: Entry) -> str:
    title = entry.title.rstrip(".")
    # Some rows name what else was seen after the page.
    page = entry.source.partition(" ")[0]
    return f"[{title}]({page})" if page.startswith("https://") else title


def _tried_again(entry: Entry) -> str:
    if entry.category == "auth":
        return "once connected again"
    if entry.retry == "no" or entry.category == "registration":
        return "no"
    return f"after {_duration(entry.delay_s or 0)}"


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def commands_of(group: TyperGroup, prefix: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands_of(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def flows_in(name: str) -> list[dict[str, Any]]:
    blocks = [
        json.loads(body) for kind, body in CODE_BLOCK.findall(text_of(name)) if kind == "json"
    ]
    return [block for block in blocks if "components" in block]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = CODE_BLOCK.sub("", page.read_text("utf-8"))
    plain = (re.sub(r"[`*\\]", "", heading).strip().lower() for heading in HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", each).replace(" ", "-") for each in plain}


def test_every_hook_has_a_section_in_the_readme() -> None:
    hooks = [name for name in vars(Hooks) if name.startswith("appmixer_")]

    assert len(hooks) == 6
    assert [hook for hook in hooks if f"\n#### {hook}\n" not in text_of("README.md")] == []


def test_every_configuration_key_is_in_the_administrators_part() -> None:
    names = [word for key in MANIFEST.configuration for word in (key.name, key.environment)]

    assert missing(names, "docs/administrator.md") == []


def test_every_permission_and_route_of_the_manifest_is_in_the_administrators_part() -> None:
    routes = [f"/plugins/appmixer/whatsapp{route.path}" for route in MANIFEST.endpoint]
    page = text_of("docs/administrator.md")

    assert missing(MANIFEST.scopes, "docs/administrator.md") == []
    assert [route for route in routes if f"\nhttps://engine.example.com{route}\n" not in page] == []


def test_every_environment_variable_of_the_engine_is_documented() -> None:
    sources = (each.read_text("utf-8") for each in (ROOT / "engine").rglob("*.py"))
    used = {name for source in sources for name in re.findall(r"\bAPPMIXER_[A-Z_]*[A-Z]\b", source)}

    assert {"APPMIXER_DATA", "APPMIXER_API_TOKEN"} <= used
    assert missing(sorted(used), "docs/engine.md") == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_what_is_generated_stands_on_its_page_once(page: Path) -> None:
    marks = re.findall(r"^<!-- generated: (.+) -->$", page.read_text("utf-8"), re.M)

    assert [each for each, times in Counter(marks).items() if times > 1] == []


def test_every_command_is_documented() -> None:
    group = typer.main.get_command(command_line)
    assert isinstance(group, TyperGroup)

    assert missing(commands_of(group, "appmixer"), "docs/engine.md") == []


def test_every_fixture_and_stand_in_that_authors_can_use_is_documented_and_no_other() -> None:
    page = text_of("docs/authors.md")
    tables = page.partition("## What tests can use")[2].partition("| Fixture |")
    stand_ins, fixtures = (set(re.findall(r"^\| `(\w+)` \|", each, re.M)) for each in tables[::2])
    places = ("", "components/", "utilities/", "engine/", "end_to_end/")
    written = "\n".join(text_of(f"tests/{place}conftest.py") for place in places)

    assert stand_ins == {*testing.__all__}
    assert fixtures == {*re.findall(r"@pytest\.fixture.*\n(?:async )?def (\w+)", written)}


def test_every_option_of_a_command_is_documented() -> None:
    group = typer.main.get_command(command_line)
    assert isinstance(group, TyperGroup)
    parameters = [each for name in ("up", "connect") for each in group.commands[name].params]
    options = {each.opts[-1] for each in parameters if each.opts[0].startswith("-")} - {"--service"}

    used = {"--no-browser" if each == "--browser" else each for each in options}

    assert [each for each in sorted(used) if each not in text_of("docs/engine.md")] == []


def test_every_http_path_of_the_engine_is_documented(tmp_path: Path) -> None:
    engine = Engine(Settings(data=tmp_path, environment={}))

    try:
        operations = _operations(create_rest(engine).openapi())
    finally:
        engine.database.dispose()

    assert "GET /api/flows/{flow_id}" in operations
    assert missing(operations, "docs/engine.md") == []


def test_every_documented_http_path_of_the_engine_is_there(tmp_path: Path) -> None:
    engine = Engine(Settings(data=tmp_path, environment={}))
    documented = set(
        re.findall(r"`((?:GET|POST|PUT|DELETE) /api/[^`?]*)`", text_of("docs/engine.md"))
    )

    try:
        operations = _operations(create_rest(engine).openapi())
    finally:
        engine.database.dispose()

    assert sorted(documented - {*operations}) == []


def _operations(openapi: dict[str, Any]) -> list[str]:
    return [
        f"{method.upper()} {path}"
        for path, methods in openapi["paths"].items()
        for method in methods
    ]


def test_every_metric_is_documented() -> None:
    names = [metric.name for metric in Metrics().registry.collect()]

    assert "appmixer_events" in names
    assert missing(names, "docs/engine.md") == []


def test_every_control_of_the_sandbox_is_documented() -> None:
    operations = _operations(create_controls(World(seed, Courier)).openapi())

    assert "POST /_sandbox/clock" in operations
    assert missing(operations, "docs/sandbox.md") == []


def test_every_setting_and_fault_of_the_sandbox_is_documented() -> None:
    kinds: list[str] = FaultRule.model_json_schema()["properties"]["kind"]["enum"]
    fields = [*SandboxSettings().model_dump(by_alias=True), *FaultRule().model_dump(by_alias=True)]
    # Shown in the example.
    words = [each for each in fields if each not in ("httpStatus", "retryAfterS")]

    assert missing([*words, *kinds], "docs/sandbox.md") == []


def test_every_command_and_option_of_the_sandbox_is_documented() -> None:
    group = typer.main.get_command(sandbox_command_line)
    assert isinstance(group, TyperGroup)
    commands = [group, *group.commands.values()]
    options = {each.opts[0] for command in commands for each in command.params}
    words = sorted(each for each in options if each.startswith("--"))

    assert {"--forward-to", "--filter", "--port"} <= set(words)
    assert missing(commands_of(group, "appmixer sandbox"), "docs/sandbox.md") == []
    assert [each for each in words if each not in text_of("docs/sandbox.md")] == []


def test_every_event_of_the_stream_is_documented() -> None:
    events = set(get_args(EventKind)) - {"end"}

    assert missing(sorted(events), "docs/sandbox.md") == []


def test_every_call_that_the_sandbox_does_not_simulate_is_named() -> None:
    edges = {edge for of_node in NOT_SIMULATED.values() for edge in of_node}

    assert missing(sorted(edges), "docs/sandbox.md") == []


def test_the_table_of_error_codes_is_that_of_the_catalogue() -> None:
    found = TABLE.search(text_of("docs/troubleshooting.md"))

    assert found is not None
    assert found[0] == error_table(), "run: python tests/test_docs.py"


@pytest.mark.parametrize("name", ["README.md", "docs/flow-builder.md"])
def test_the_flow_on_the_page_is_the_one_the_demo_runs(name: str) -> None:
    types = component_types(load_connectors())

    [flow] = flows_in(name)

    assert flow == json.loads(SAMPLE_FLOW.read_text("utf-8"))
    assert read_document(flow, types).name == "Auto-reply"


def test_the_transcript_in_the_readme_is_that_of_the_demo() -> None:
    shown = TRANSCRIPT.search(text_of("README.md"))
    command = [str(BIN / "appmixer"), "up", "--sandbox", "--once"]
    ports = ["--port", str(free_port()), "--sandbox-port", str(free_port())]

    demo = subprocess.run([*command, *ports], capture_output=True, text=True, timeout=300)

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert shown is not None
    told = demo.stdout[demo.stdout.index("1  ") :]
    assert lasting(shown[0]) == lasting(told)


def lasting(transcript: str) -> list[str]:
    """Return the lines without what differs from run to run: times, dates, ids and sizes."""
    text = re.sub(
        r"wamid\.[\w=+/-]+|\b[0-9a-f]{32}\b|\d+ bytes|[\d-]{10}$", "…", transcript, flags=re.M
    )
    return [re.sub(r"\d+\.\d+ s", "…", line).strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = [each for each in LINK.findall(page.read_text("utf-8")) if ":" not in each]
    broken = [each for each in targets if not _is_there(page, each)]

    assert broken == []


def _is_there(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists() or not file.is_relative_to(ROOT.resolve()):
        return False
    return not anchor or anchor in anchors_of(file)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_page_names_a_path_of_one_machine_or_a_registry(page: Path) -> None:
    assert FOREIGN.findall(page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_json_block_can_be_read(page: Path) -> None:
    blocks = [body for kind, body in CODE_BLOCK.findall(page.read_text("utf-8")) if kind == "json"]

    for block in blocks:
        json.loads(block)


def test_the_changelog_begins_with_the_version_of_the_manifest() -> None:
    versions = re.findall(r"^## (\S+)", text_of("CHANGELOG.md"), re.M)

    assert versions[0] == MANIFEST.version


def write_error_table() -> None:
    page = TROUBLESHOOTING.read_text("utf-8")
    TROUBLESHOOTING.write_text(TABLE.sub(lambda _: error_table(), page), "utf-8")


if __name__ == "__main__":
    write_error_table()
