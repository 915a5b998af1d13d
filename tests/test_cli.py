"""The console script: its commands, its exit codes, and what it says when something is missing."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from appmixer.engine.cli import missing_extra

from .ports import free_port
from .shell import COMMAND, DEADLINE_S, Shell

ROOT = Path(__file__).parents[1]
FLOW = ROOT / "examples" / "auto_reply.flow.json"
SERVICE = "appmixer:whatsapp"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data", f"http://127.0.0.1:{free_port()}")


@dataclass
class RunningEngine:
    shell: Shell
    process: subprocess.Popen[str]


@pytest.fixture
def running(shell: Shell) -> Iterator[RunningEngine]:
    """An engine started by `appmixer up`."""
    process = shell.up()
    try:
        yield RunningEngine(shell, process)
    finally:
        process.kill()
        process.communicate()


def test_lists_components_without_loading_their_code(shell: Shell) -> None:
    code, shown, _ = shell.run("components")
    as_json = json.loads(shell.run("components", "--json")[1])

    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from appmixer.engine.cli.app import app\n"
            "try: app(['components'])\n"
            "except SystemExit: pass\n"
            "print([m for m in sys.modules if 'whatsapp.components' in m], file=sys.stderr)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert code == 0
    assert "appmixer.whatsapp.SendText" in shown
    connectors = {each["id"]: each for each in as_json["connectors"]}
    names = [each["name"] for each in connectors["appmixer:whatsapp"]["components"]]
    manifest = json.loads((ROOT / "connector.json").read_text())
    assert names == [each["name"] for each in manifest["components"]]
    assert loaded.stderr.strip() == "[]"


@pytest.mark.parametrize("path", [".", "connector.json", str(FLOW.relative_to(ROOT))])
def test_validates_what_is_valid(shell: Shell, path: str) -> None:
    code, shown, _ = shell.run("validate", str(ROOT / path))

    assert (code, shown.endswith("is valid.\n")) == (0, True)


def test_names_every_fault_of_a_flow_with_its_path(shell: Shell, tmp_path: Path) -> None:
    flow: dict[str, Any] = json.loads(FLOW.read_text())
    flow["components"]["reply"]["type"] = "appmixer.whatsapp.SendTxt"
    flow["components"]["incoming"]["input"] = {"messageTypos": []}
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(flow))

    code, shown, _ = shell.run("validate", str(path), "--json")

    assert code == 1
    answer = json.loads(shown)
    assert (answer["kind"], answer["valid"]) == ("flow", False)
    assert sorted(error["path"] for error in answer["errors"]) == [
        "components.incoming.input.messageTypos",
        "components.reply.type",
    ]


def test_names_every_fault_of_a_connector(shell: Shell, tmp_path: Path) -> None:
    manifest = json.loads((ROOT / "connector.json").read_text())
    manifest["components"] = manifest["components"][:1] * 2
    (tmp_path / "connector.json").write_text(json.dumps(manifest))

    code, shown, _ = shell.run("validate", str(tmp_path))

    assert code == 1
    assert "components: appmixer.whatsapp.NewMessage is there 2 times; names are unique." in shown
    assert "NewMessage.json: There is no such file." in shown
    assert "appmixer.whatsapp.NewMessage: module: No file below" in shown


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", ":1:2: The file is not JSON"),
        ("{}", "name: "),
        ("[]", "a group of fields"),
        ("[" * 5_000, "nested more than 100 levels deep"),
        ("[" + "9" * 5_000 + "]", "a number that is too long"),
        ('{"name": NaN}', "NaN is no JSON"),
        (r'{"name": "\ud800"}', "half of a character pair"),
    ],
)
def test_a_file_that_is_no_flow_is_told_so(
    shell: Shell, tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "flow.json"
    path.write_text(content)

    code, shown, _ = shell.run("validate", str(path))

    assert code == 1
    assert told in shown


@pytest.mark.parametrize(
    ("content", "told"),
    [("[" * 5_000, "nested more than 100 levels"), ('{"name": NaN}', "NaN is no JSON")],
)
def test_a_file_that_cannot_be_sent_is_told_so(
    shell: Shell, tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "flow.json"
    path.write_text(content)

    code, shown, error = shell.run("flow", "deploy", str(path))

    assert (code, shown) == (1, "")
    assert told in error
    assert "Traceback" not in error


@pytest.mark.parametrize("token", ["tokén-with-an-accent-in-it", "a token with blanks"])
def test_a_variable_that_holds_no_token_is_told_so(shell: Shell, token: str) -> None:
    with_token = replace(shell, variables={"APPMIXER_API_TOKEN": token})

    code, _, error = with_token.run("flow", "list")

    assert code == 1
    assert error.startswith("APPMIXER_API_TOKEN holds no API token of an engine: ")
    assert token not in error


@pytest.mark.parametrize(
    "arguments", [("nothing",), ("up", "--once"), ("flow",), ("up", "--port", "many"), ()]
)
def test_wrong_usage_ends_with_2(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert shell.run(*arguments)[0] == 2


def test_says_when_no_engine_answers(shell: Shell) -> None:
    shell.data.mkdir()
    (shell.data / "api-token").write_text("a-token-of-this-folder")

    code, _, told = shell.run("flow", "list")

    assert code == 1
    assert f"No engine answers at {shell.url}" in told
    assert "Start one with `appmixer up`" in told


def test_says_where_a_token_could_come_from(shell: Shell) -> None:
    code, _, told = shell.run("flow", "list")

    assert code == 1
    assert "There is no API token" in told


def test_sets_configuration_in_the_data_folder_while_no_engine_runs(shell: Shell) -> None:
    code, told, _ = shell.run("config", "set", SERVICE, "clientId", "123", is_near=False)
    refused = shell.run("config", "set", SERVICE, "clientIdd", "123", is_near=False)

    assert (code, f"in the data folder {shell.data}" in told) == (0, True)
    assert refused[0] == 1
    assert "has no key 'clientIdd'" in refused[2]


@pytest.mark.parametrize(("key", "value"), [("clientId", "abc"), ("graphVersion", "banana")])
def test_a_configuration_value_of_another_form_is_refused_with_an_example(
    shell: Shell, key: str, value: str
) -> None:
    code, told, refusal = shell.run("config", "set", SERVICE, key, value, is_near=False)

    assert (code, told) == (1, "")
    assert f"{key} has to look like " in refusal


def test_talks_to_a_running_engine(running: RunningEngine, tmp_path: Path) -> None:
    shell = running.shell

    set_up = shell.run("config", "set", SERVICE, "clientSecret", "-", given="hush-hush\n")
    listed = shell.run("config", "list")
    got = shell.run("config", "get", SERVICE, "clientSecret", "--json")
    deployed = shell.run("flow", "deploy", str(FLOW))
    flows = shell.run("flow", "list", "--json")
    started = shell.run("flow", "start", "auto-reply")
    runs = shell.run("flow", "runs", "auto-reply", "--json")
    examined = shell.run("doctor")
    link = shell.run("link")

    assert [each[0] for each in (set_up, listed, got, deployed, flows, runs, link)] == [0] * 7
    assert "hush-hush" not in set_up[1] + listed[1] + got[1]
    assert json.loads(got[1])["isSet"] is True
    assert deployed[1] == "auto-reply: version 1 of Auto-reply is stored.\n"
    assert [(each["id"], each["state"]) for each in json.loads(flows[1])["flows"]] == [
        ("auto-reply", "stopped")
    ]
    assert (started[0], "components.incoming.account" in started[2]) == (1, True)
    assert json.loads(runs[1]) == {"runs": []}
    assert (examined[0], "! Accounts: none is connected yet" in examined[1]) == (1, True)
    assert link[1].startswith(f"{shell.url}/?token=")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_in_order_when_told_to(running: RunningEngine, number: signal.Signals) -> None:
    running.process.send_signal(number)

    assert running.process.wait(DEADLINE_S) == 0


def test_a_missing_package_is_told_with_the_extra_that_brings_it() -> None:
    told = missing_extra("fastapi", ["up"])
    of_sandbox = missing_extra("uvicorn", ["sandbox"])
    of_temporal = missing_extra("temporalio", ["up", "--temporal", "127.0.0.1:7233"])

    assert told == (
        "This command needs the Python package 'fastapi', which is not installed. Run:"
        " pip install 'appmixer-whatsapp[engine]'"
    )
    assert of_sandbox.endswith("pip install 'appmixer-whatsapp[sandbox]'")
    assert of_temporal.endswith("pip install 'appmixer-whatsapp[temporal]'")


@pytest.mark.parametrize(
    ("package", "extra", "options"),
    [("typer", "engine", []), ("temporalio", "temporal", ["--temporal", "127.0.0.1:7233"])],
)
def test_a_command_without_its_extra_ends_with_1(
    tmp_path: Path, package: str, extra: str, options: list[str]
) -> None:
    arguments = ["appmixer", "up", "--port", "0", "--data", str(tmp_path / "data"), *options]
    blocked = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from appmixer.engine.cli import main\n"
        f"sys.argv = {arguments!r}; main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert f"needs the Python package {package!r}" in done.stderr
    assert f"pip install 'appmixer-whatsapp[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_namespace_of_temporal_without_its_address_is_wrong_usage(shell: Shell) -> None:
    code, _, complaint = shell.run("up", "--temporal-namespace", "orders")

    assert (code, "--temporal-namespace belongs to --temporal." in complaint) == (2, True)


def test_the_demonstration_leaves_nothing_behind(shell: Shell) -> None:
    ports = ["--port", str(free_port()), "--sandbox-port", str(free_port())]

    # Those of the real engine, which it does not touch.
    shell.variables = {
        "APPMIXER_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/x",
        "APPMIXER_TEMPORAL_ADDRESS": "127.0.0.1:9",
        "APPMIXER_TEMPORAL_API_KEY": "hunter2",
    }

    code, told, errors = shell.run("up", "--sandbox", "--once", *ports)

    assert code == 0, told + errors
    assert "All of it happened" in told
    [folder] = [line.split()[1] for line in told.splitlines() if line.startswith("Data")]
    assert not Path(folder).exists()
    assert not shell.data.exists()


@pytest.mark.anyio
async def test_the_demonstration_is_done_over_temporal_when_it_is_named(
    shell: Shell, postgres: str, temporal_server: str
) -> None:
    temporal = await Client.connect(temporal_server)
    before = await temporal.count_workflows()
    ports = ["--port", str(free_port()), "--sandbox-port", str(free_port())]
    places = ["--temporal", temporal_server, "--database-url", postgres]

    code, told, errors = await asyncio.to_thread(
        shell.run, "up", "--sandbox", "--once", *places, *ports
    )

    assert code == 0, told + errors
    assert "All of it happened" in told
    assert (await temporal.count_workflows()).count > before.count


def test_the_demonstration_serves_until_it_is_interrupted(shell: Shell) -> None:
    port = str(free_port())
    arguments = ["up", "--sandbox", "--port", port, "--sandbox-port", str(free_port())]
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**shell.environment, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        told = next((line for line in process.stdout if "Serving until" in line), "")
        alive = httpx.get(f"http://127.0.0.1:{port}/healthz").status_code
        process.send_signal(signal.SIGINT)
        code = process.wait(DEADLINE_S)
    finally:
        process.kill()
        process.communicate()

    assert (told, alive, code) == ("Serving until Ctrl-C.\n", 200, 0)


def test_a_port_in_use_is_said_in_a_sentence(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        code, _, told = shell.run("up", "--port", port)

    assert code == 1
    assert told.startswith(f"Port {port} of 127.0.0.1 cannot be opened")
    assert "Traceback" not in told
