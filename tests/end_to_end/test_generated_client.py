"""The engine's OpenAPI document is true: of a real connector, and for a client made from it."""

from __future__ import annotations

import fcntl
import importlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..described import Description
from .conftest import TOKEN

if TYPE_CHECKING:
    from .conftest import World

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / "tests" / "generator"
PACKAGE = "generated_engine_client"
# The generator knows no media ranges. Its formatters would have to be on the PATH.
CONFIGURATION: dict[str, Any] = {
    "content_type_overrides": {"*/*": "application/octet-stream"},
    "post_hooks": [],
}
PERSON = "16505551234"
# The engine is shared with other tests, and keeps the runs of their flows.
FLOW_ID = "generated"


@dataclass(frozen=True)
class Client:
    """The generated package, and its connection to the engine."""

    connection: Any

    @property
    def models(self) -> Any:
        return imported("models")

    def call(self, name: str, *given: Any, **more: Any) -> Any:
        """Call what was made of an operation, such as `runs.get_run`."""
        return imported(f"api.{name}").sync(*given, client=self.connection, **more)


def imported(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


@pytest.fixture(scope="session")
def generator() -> Path:
    """The command, with what its requirements name; installed once a checkout."""
    with (GENERATOR / "requirements.txt").open() as held:
        # Several processes may want it at once.
        fcntl.flock(held, fcntl.LOCK_EX)
        target = "tests/generator/.venv/.ready"
        subprocess.run(["make", "--silent", target], cwd=ROOT, check=True, capture_output=True)
    return GENERATOR / ".venv" / "bin" / "openapi-python-client"


@pytest.fixture
def client(
    ready: World, generator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    """Generate a client, which takes about a second."""
    document, configuration = tmp_path / "openapi.json", tmp_path / "configuration.json"
    document.write_text(json.dumps(ready.engine_call("GET", "/api/openapi.json")))
    configuration.write_text(json.dumps(CONFIGURATION))
    command: list[str | Path] = [generator, "generate", "--meta", "none", "--fail-on-warning"]
    command += ["--path", document, "--config", configuration]
    command += ["--output-path", tmp_path / PACKAGE]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)  # pyright: ignore[reportUnknownMemberType] - as its hints are
    url = ready.engine.url
    with imported("client").AuthenticatedClient(url, TOKEN, timeout=60.0) as connection:
        yield Client(connection)


def test_a_generated_client_does_the_main_job(ready: World, client: Client) -> None:
    ready.set_webhook()
    call, models = client.call, client.models
    new = models.NewAccount("appmixer:whatsapp", name="acme", access_token="EAAsandbox")
    document = models.PutFlowDocument.from_dict(ready.auto_reply)

    account = call("accounts.connect_account", body=new)
    stored = call("flows.put_flow", FLOW_ID, body=document)
    started = call("flows.start_flow", FLOW_ID)
    ready.says(PERSON)
    completed = models.RunState.COMPLETED

    def runs() -> Any:
        return call("runs.list_runs", flow_id=FLOW_ID, status=completed).runs

    [summary] = ready.wait_until(runs, "the run is completed")
    run = call("runs.get_run", summary.id)
    stopped = call("flows.stop_flow", FLOW_ID)
    refusal = call("runs.get_run", "none")

    assert (account.name, account.state) == ("acme", "connected")
    assert stored.document.to_dict() == ready.auto_reply
    assert (stored.version, stored.warnings, stored.state) == (1, [], "stopped")
    assert (started.state, started.running_version) == ("running", 1)
    assert [step.component for step in run.steps] == ["incoming", "reply"]
    assert run.steps[1].input_["text"] == "You said: hello"
    assert run.ended_at >= run.started_at
    assert (stopped.state, stopped.running_version) == ("stopped", None)
    assert type(refusal) is models.Refusal
    assert refusal.error.title == "There is no run 'none'."


def test_what_a_connector_says_is_as_the_document_says(ready: World) -> None:
    description = Description(ready.engine_call("GET", "/api/openapi.json"))
    ready.set_webhook()
    account_id = ready.connect("acme", "EAAsandbox")["id"]
    ready.start("described", ready.auto_reply)
    ready.says(PERSON)
    run_id = ready.ended_run("described", "completed")["id"]
    send = {"phoneNumberId": "106540352242922", "to": f"+{PERSON}", "text": "hi"}
    number = {"type": "appmixer.whatsapp.SendText", "field": "phoneNumberId", "account": "acme"}
    trial: dict[str, Any] = {"account": "acme", "input": send, "dryRun": True}

    answers = [
        ready.ask("GET", name.removeprefix("GET "))
        for name, _ in description.operations()
        if name.startswith("GET ") and "{" not in name and name != "GET /api/stream"
    ]
    answers += [
        ready.ask("GET", f"/api/accounts/{account_id}/checks"),
        ready.ask("POST", f"/api/accounts/{account_id}/claim"),
        ready.ask("GET", f"/api/runs/{run_id}"),
        ready.ask("POST", "/api/options", number),
        ready.ask("POST", "/api/components/appmixer.whatsapp.SendText/test", trial),
        ready.ask("POST", "/api/components/appmixer.whatsapp.NewMessage/test", {"input": {}}),
    ]

    for answer in answers:
        description.judge(answer)
    assert description.faults == []
    assert [answer.status_code for answer in answers] == [200] * len(answers)


def test_the_stream_begins_as_the_document_says(ready: World) -> None:
    description = Description(ready.engine_call("GET", "/api/openapi.json"))
    url, headers = f"{ready.engine.url}/api/stream", {"Authorization": f"Bearer {TOKEN}"}

    with ready.http.stream("GET", url, headers=headers) as answer:
        lines = answer.iter_lines()
        first = [next(lines), next(lines)]

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert first == ["event: open", "data: {}"]
    assert description.faults_of_notice("/api/stream", "open", {}) == []
