"""`appmixer run show` of a run with more steps than one answer holds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from appmixer.engine.cli.app import app

RUN = "0" * 32
COUNT = 1_234


def step(number: int) -> dict[str, Any]:
    return {
        "id": f"{RUN}.{number}",
        "component": f"do{number}",
        "type": "test.echo.Do",
        "status": "completed",
        "attempt": 1,
        "error": None,
        "fate": None,
        "durationS": 0.0,
    }


class Pages(BaseHTTPRequestHandler):
    """An engine whose run gets its last half while it is looked at."""

    asked: ClassVar[list[str]] = []
    looks: ClassVar[int] = 0
    more: ClassVar[dict[str, Any]] = {}

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        parts = urlsplit(self.path)
        ready = COUNT if self.looks > 1 else COUNT // 2
        if parts.path.endswith("/steps"):
            query = parse_qs(parts.query)
            start, limit = int(query["after"][0]), int(query["limit"][0])
            end = min(start + limit, ready)
            answer: Any = {"steps": [step(n) for n in range(start, end)], "next": str(end)}
        else:
            type(self).looks += 1
            ready = COUNT if self.looks > 1 else COUNT // 2
            answer = {
                "id": RUN,
                "flowId": "f",
                "version": 1,
                "eventId": 1,
                "isReplay": False,
                "likeRunId": None,
                "startedAt": "2026-11-29T16:00:00Z",
                "endedAt": "2026-11-29T16:01:00Z" if ready == COUNT else None,
                "status": "completed" if ready == COUNT else "running",
                "error": None,
                "steps": [step(number) for number in range(100)],
                "next": "100",
                "stepCount": ready,
                "waits": [],
                "waitCount": 0,
                "lists": [],
                **self.more,
            }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("APPMIXER_API_TOKEN", "a-token-of-sixteen")
    Pages.asked, Pages.looks = [], 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def told(*arguments: str) -> list[str]:
    result = CliRunner().invoke(app, ["run", "show", RUN, *arguments])
    assert result.exit_code == 0, result.output
    return [line.split()[0] for line in result.output.splitlines() if line.startswith("  do")]


def test_all_steps_are_shown_page_after_page(url: str) -> None:
    shown = told("--url", url)

    assert shown == [f"do{number}" for number in range(COUNT // 2)]


def test_each_step_is_told_once_while_the_run_is_followed(url: str) -> None:
    shown = told("--follow", "--url", url)

    assert shown == [f"do{number}" for number in range(COUNT)]
    assert len(Pages.asked) < 10


def shown_of(monkeypatch: pytest.MonkeyPatch, url: str, **more: Any) -> str:
    """Return what is shown of a run of one step that nobody knows of, with more in its answer."""
    error = {"title": "Nobody knows", "cause": "Lost.", "cure": "Send it again."}
    one = {**step(0), "status": "unknown", "error": error, "fate": more.pop("fate", None)}
    whole = {"status": "unknown", "error": error, "steps": [one], "stepCount": 1, **more}
    monkeypatch.setattr(Pages, "more", whole)
    result = CliRunner().invoke(app, ["run", "show", RUN, "--url", url])
    assert result.exit_code == 0, result.output
    return result.output


def fate(state: str) -> dict[str, Any]:
    at = "2026-11-29T16:02:00Z"
    return {"state": state, "at": at, "error": None, "silentSince": None, "reasons": []}


def test_the_cure_of_a_step_that_nobody_knew_of_is_not_told_once_its_fate_is(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = shown_of(monkeypatch, url, fate=fate("unknown"))
    untold = shown_of(monkeypatch, url)
    played = shown_of(monkeypatch, url, fate=fate("played"))

    assert "    nobody knows 2026-11-29" in unknown
    assert "    → Send it again." in unknown
    assert "    → Send it again." in untold
    assert "    played 2026-11-29" in played
    assert "Send it again" not in played


def test_what_a_run_waits_for_is_told_with_one_time_and_one_full_stop(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = {
        "component": "do0",
        "reason": "It waits until the message is read.",
        "status": "waiting",
        "until": "2026-11-29T16:02:00Z",
    }

    shown = shown_of(monkeypatch, url, waits=[wait], waitCount=1)

    [line] = [each for each in shown.splitlines() if "waits" in each]
    assert line.startswith("  do0 waits, until 2026-11-29")
    assert line.endswith(": It waits until the message is read.")
