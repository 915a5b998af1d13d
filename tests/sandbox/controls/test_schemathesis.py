"""The controls answer whatever their OpenAPI document allows, and what it forbids, as it says."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox

pytestmark = pytest.mark.anyio

COMMAND = Path(sys.executable).with_name("schemathesis")
BUDGET_S = 12
DEADLINE_S = 120.0
# A document cannot tell which ids a world has, so a valid request may well be refused; and where
# a number is wanted, the same number as a text is taken.
TOO_STRICT = "positive_data_acceptance,negative_data_rejection"


async def test_no_request_breaks_a_control(sandbox: RunningSandbox, tmp_path: Path) -> None:
    command = [
        str(COMMAND),
        "run",
        f"{sandbox.url}/_sandbox/openapi.json",
        "--phases=coverage,fuzzing",
        "--max-examples=4",
        f"--max-time={BUDGET_S}",
        "--seed=1",
        f"--exclude-checks={TOO_STRICT}",
        "--exclude-path=/_sandbox/stream",  # it never ends
        "--suppress-health-check=all",
        "--generation-database=none",
        "--warnings=off",
        "--no-color",
    ]

    with anyio.fail_after(DEADLINE_S):
        ended = await anyio.run_process(command, cwd=tmp_path, check=False)

    assert ended.returncode == 0, ended.stdout.decode()


async def test_every_control_is_described(controls: httpx.AsyncClient) -> None:
    document = (await controls.get("/openapi.json")).json()

    calls = {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert [name for name, call in calls.items() if not call.get("summary")] == []
    assert [name for name, call in calls.items() if "4XX" not in call["responses"]] == []


async def test_a_wrong_method_names_the_right_ones(controls: httpx.AsyncClient) -> None:
    answer = await controls.put("/faults")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "DELETE, GET, POST"
