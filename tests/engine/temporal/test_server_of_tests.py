"""Temporal's server as tests use it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from temporalio.client import Client

from ...temporal_server import TemporalServer

ROOT = Path(__file__).parents[3]
DEADLINE_S = 60.0
SERVE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tests.temporal_server import running_temporal
with running_temporal() as server:
    print(server.port, flush=True)
    time.sleep(600)
"""


@pytest.mark.anyio
async def test_a_server_goes_on_with_what_it_held_when_it_was_stopped(
    temporal_outage: TemporalServer,
) -> None:
    before = await Client.connect(temporal_outage.address)
    begun = await before.start_workflow("Lasting", id="lasting-1", task_queue="nobody")

    await asyncio.to_thread(temporal_outage.stop)
    await asyncio.to_thread(temporal_outage.start)

    after = await Client.connect(temporal_outage.address)
    described = await after.get_workflow_handle("lasting-1").describe()
    assert described.run_id == begun.first_execution_run_id


def test_a_server_ends_with_the_process_that_has_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVE, str(ROOT)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as test:
        assert test.stdout is not None
        port = int(test.stdout.readline())
        socket.create_connection(("127.0.0.1", port)).close()
        test.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + DEADLINE_S
    while is_answered(port):
        assert time.monotonic() < deadline, "the server has outlived its test"
        time.sleep(0.05)


def is_answered(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
