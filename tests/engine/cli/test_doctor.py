"""What `appmixer doctor` prints of an engine's findings, and how it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from appmixer.engine.cli.app import app

FINE = {"name": "webhook", "state": "fine", "finding": "It works.", "cure": ""}
SPARE = {"name": "numbers 1", "state": "advice", "finding": "One is idle.", "cure": "Use it."}
BROKEN = {"name": "webhook", "state": "fault", "finding": "It is deaf.", "cure": "Wake it."}


class FakeEngine:
    """Answers from a table; what is not in it is 404."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "/readyz": {"leftOut": [], "troubles": {}},
            "/api/me": {"name": "first", "isAdministrator": True},
            "/api/checks": {"checks": []},
            "/api/accounts": {"accounts": []},
            "/api/flows": {"flows": []},
        }
        self.posted: list[str] = []
        self.url = ""

    def add_account(self, name: str, *checks: dict[str, Any], used_by: tuple[str, ...]) -> None:
        account = {
            "id": name,
            "name": name,
            "service": "test:echo",
            "state": "connected",
            "expiresAt": None,
            "reason": "",
        }
        self.answers["/api/accounts"]["accounts"].append(account)
        report = {"account": account, "usedBy": used_by, "checks": list(checks)}
        self.answers[f"/api/accounts/{name}/checks"] = report


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    fake = FakeEngine()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = fake.answers.get(self.path)
            content = json.dumps(found or {"error": {"title": "", "cause": "", "cure": ""}})
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content.encode())

        def do_POST(self) -> None:
            fake.posted.append(self.path)
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed between the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


def doctor(engine: FakeEngine, *arguments: str) -> tuple[int, list[str]]:
    environment = {"APPMIXER_API_TOKEN": "a-token-of-the-engine"}
    done = CliRunner().invoke(app, ["doctor", "--url", engine.url, *arguments], env=environment)
    return done.exit_code, done.stdout.splitlines()[1:]


def test_a_finding_of_several_accounts_is_told_once_with_their_names(engine: FakeEngine) -> None:
    engine.answers["/api/checks"]["checks"] = [{"service": "test:echo", **FINE}]
    engine.add_account("acme", FINE, SPARE, used_by=("Echo",))
    engine.add_account("beta", FINE, SPARE, used_by=())

    code, told = doctor(engine)

    assert told == [
        "✓ test:echo: webhook: It works.",
        "✓ Account acme: connected without end",
        "✓ Account beta: connected without end",
        "! Accounts acme, beta: numbers 1: One is idle.",
        "  → Use it.",
    ]
    assert code == 0


@pytest.mark.parametrize(("used_by", "code"), [((), 0), (("Echo",), 1)])
def test_a_fault_of_an_account_counts_when_a_running_flow_uses_it(
    engine: FakeEngine, used_by: tuple[str, ...], code: int
) -> None:
    engine.add_account("acme", BROKEN, used_by=used_by)

    ended, told = doctor(engine)

    assert told[-2:] == ["✗ Account acme: webhook: It is deaf.", "  → Wake it."]
    assert ended == code


def test_a_fault_of_a_shared_finding_counts_when_one_of_the_accounts_is_in_use(
    engine: FakeEngine,
) -> None:
    engine.add_account("acme", BROKEN, used_by=())
    engine.add_account("beta", BROKEN, used_by=("Echo",))

    assert doctor(engine)[0] == 1


def test_an_account_to_connect_again_counts_when_it_is_in_use(engine: FakeEngine) -> None:
    engine.add_account("acme", used_by=("Echo",))
    engine.answers["/api/accounts"]["accounts"][0].update(state="reconnect", reason="Expired.")

    code, told = doctor(engine)

    assert told == ["✗ Account acme: Expired.", "  → Run `appmixer connect acme`."]
    assert code == 1


def test_events_are_claimed_only_when_that_is_asked_for(engine: FakeEngine) -> None:
    engine.add_account("acme", used_by=())
    engine.add_account("beta", used_by=())
    engine.answers["/api/accounts"]["accounts"][1].update(state="reconnect", reason="Expired.")
    claimed = {"name": "claim 1", "state": "fine", "finding": "It comes here now.", "cure": ""}
    engine.answers["/api/accounts/acme/claim"] = {"checks": [claimed]}

    doctor(engine)
    before = list(engine.posted)
    done = CliRunner().invoke(
        app,
        ["doctor", "--claim", "--url", engine.url],
        env={"APPMIXER_API_TOKEN": "a-token-of-the-engine"},
    )

    assert before == []
    assert engine.posted == ["/api/accounts/acme/claim"]
    assert done.stdout.splitlines()[0] == "✓ Account acme: claim 1: It comes here now."


def test_a_fault_of_the_setup_counts_always(engine: FakeEngine) -> None:
    engine.answers["/api/checks"]["checks"] = [{"service": "test:echo", **BROKEN}]

    code, told = doctor(engine)

    assert told[:2] == ["✗ test:echo: webhook: It is deaf.", "  → Wake it."]
    assert code == 1


def test_an_engine_on_which_nothing_is_connected_yet_is_no_fault(engine: FakeEngine) -> None:
    code, told = doctor(engine)

    assert told == ["! Accounts: none is connected yet", "  → Run `appmixer connect NAME`."]
    assert code == 0


def test_a_flow_that_could_not_start_counts(engine: FakeEngine) -> None:
    engine.add_account("acme", used_by=())
    engine.answers["/api/flows"]["flows"] = [
        {"id": "echo", "state": "stopped", "reason": "It is deaf."},
        {"id": "other", "state": "stopped", "reason": ""},
    ]

    code, told = doctor(engine)

    assert told[1:] == [
        "✗ Flow echo: It is deaf.",
        "  → Correct it, then run `appmixer flow start echo`.",
        "✓ Flow other: stopped",
    ]
    assert code == 1


def test_scripts_read_which_findings_are_of_something_in_use(engine: FakeEngine) -> None:
    engine.add_account("acme", BROKEN, used_by=())

    code, told = doctor(engine, "--json")

    checks = json.loads("\n".join(["{", *told]))["checks"]
    assert checks[-1] == {
        "name": "Account acme: webhook",
        "state": "fault",
        "finding": "It is deaf.",
        "cure": "Wake it.",
        "isInUse": False,
    }
    assert code == 0
