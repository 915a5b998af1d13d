"""What an engine writes down when it is stopped in the middle of a send."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from ..ports import free_port

DEADLINE_S = 90.0
WRITTEN, PERSON = "what-only-the-person-may-read", "16505551234"


def test_an_engine_stopped_in_the_middle_of_a_send_writes_no_secret_and_only_its_own_lines(
    tmp_path: Path,
) -> None:
    port, sandbox_port = free_port(), free_port()
    words = ["--data", "data", "--port", str(port), "--sandbox-port", str(sandbox_port)]
    errors = tmp_path / "errors"
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "appmixer"), "up", "--sandbox", *words],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    try:
        assert process.stdout is not None
        said = b""
        while b"Serving until" not in said and (line := process.stdout.readline()):
            said += line
        _send_slowly(f"http://127.0.0.1:{sandbox_port}/_sandbox")
        process.send_signal(signal.SIGTERM)
        said += process.communicate(timeout=DEADLINE_S)[0]
    finally:
        process.kill()
        process.communicate()

    token = (tmp_path / "data" / "api-token").read_text().strip()
    log = errors.read_text()
    assert [mark for mark in (WRITTEN, PERSON, token) if mark in log] == []
    assert [mark for mark in (WRITTEN, token) if mark in said.decode()] == []
    assert all(json.loads(line)["level"] for line in log.splitlines()), "redacted, all of them"


def _send_slowly(sandbox: str) -> None:
    """Let a person write, and return when the answer to them is under way."""
    slow = {"endpoint": "messages", "kind": "slow", "delayS": 60}
    fault = httpx.post(f"{sandbox}/faults", json=slow).raise_for_status().json()
    message = {"type": "text", "text": {"body": WRITTEN}}
    httpx.post(f"{sandbox}/people/{PERSON}/messages", json=message).raise_for_status()
    until = time.monotonic() + DEADLINE_S
    while not any(each["hits"] for each in _faults(sandbox) if each["id"] == fault["id"]):
        assert time.monotonic() < until
        time.sleep(0.05)


def _faults(sandbox: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = httpx.get(f"{sandbox}/faults").json()["faults"]
    return found
