"""The pytest fixture `sandbox`, as somebody else's project uses it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from appmixer.sandbox.embedded import SandboxThread, embedded
from appmixer.sandbox.world import seed

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sandbox-testing.md").read_text("utf-8")
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
RUNS_ASYNC = """
import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.anyio)


@pytest.fixture(params=["asyncio"])
def anyio_backend(request):
    return request.param
"""


def run_pytest(
    folder: Path, *options: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """pytest as in a project of its own, where a warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-W", "error", *options, str(folder)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_fixture_is_found_by_pytest_itself() -> None:
    [plugin] = entry_points(group="pytest11", name="appmixer_sandbox")

    assert plugin.value == "appmixer.sandbox.pytest_plugin"


def test_the_examples_of_the_page_pass(tmp_path: Path) -> None:
    first, other_world, without = PYTHON_BLOCK.findall(PAGE)
    (tmp_path / "conftest.py").write_text(RUNS_ASYNC)
    (tmp_path / "test_first.py").write_text(first)
    (tmp_path / "test_other_world.py").write_text(other_world)
    (tmp_path / "without.py").write_text(without)

    tests = run_pytest(tmp_path)
    script = subprocess.run(
        [sys.executable, str(tmp_path / "without.py")], capture_output=True, text=True, timeout=300
    )

    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert tests.stdout.splitlines()[-1].startswith("5 passed")
    assert (script.returncode, script.stdout) == (0, "True\n"), script.stderr


def test_tests_need_no_plugin_for_asynchronous_ones(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "def test_it(sandbox):\n    assert sandbox.graph().get('/me').json()['id']\n"
    )

    done = run_pytest(tmp_path, "-p", "no:anyio")

    assert done.returncode == 0, done.stdout + done.stderr


def test_who_does_not_ask_for_a_sandbox_loads_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\n\n\n"
        "def test_it():\n"
        "    ours = {name for name in sys.modules if name.startswith('appmixer')}\n"
        "    assert ours == {'appmixer', 'appmixer.sandbox', 'appmixer.sandbox.pytest_plugin'}\n"
        "    assert not {'httpx', 'fastapi', 'pydantic', 'uvicorn'} & sys.modules.keys()\n"
    )

    # Other plugins that happen to be installed load whatever they like.
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = run_pytest(tmp_path, "-p", "appmixer.sandbox.pytest_plugin", environment=alone)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def thread() -> Iterator[SandboxThread]:
    with SandboxThread() as thread:
        yield thread


def test_each_test_has_a_world_of_its_own(thread: SandboxThread) -> None:
    with embedded(thread) as first:
        first.add_person(name="Uli", wa_id="4915112345678")

        with embedded(thread) as second:
            assert set(second.world.people) == {seed.PERSON, seed.OTHER_PERSON}
            assert "4915112345678" in first.world.people
            assert first.url != second.url


def test_a_frozen_clock_stands_still_and_runs_again(thread: SandboxThread) -> None:
    with embedded(thread) as sandbox:
        sandbox.clock.freeze()
        before = sandbox.clock.now()
        sandbox.clock.advance(60)

        assert sandbox.clock.now() == before + 60

        sandbox.clock.run(speed=1000)
        assert sandbox.clock.now() > before + 60


def test_a_callback_can_refuse_and_gets_the_webhook_again(thread: SandboxThread) -> None:
    with embedded(thread) as sandbox:
        sandbox.register_number()
        webhooks = sandbox.receiver()
        webhooks.answer(503)

        written = sandbox.person().write("hi")

        messages = webhooks.wait_for("messages", 2)
        assert [message["id"] for message in messages] == [written, written]


def test_people_can_change_and_write_anything(thread: SandboxThread) -> None:
    with embedded(thread) as sandbox:
        sandbox.register_number()
        uli = sandbox.add_person(name="Uli")
        uli.change(read_receipts=False)

        uli.write(type="location", location={"latitude": 52.5, "longitude": 13.4})

        assert [message["type"] for message in uli.messages] == ["location"]
        assert sandbox.world.people[uli.key].read_receipts is False


def test_a_refused_control_says_why(thread: SandboxThread) -> None:
    with embedded(thread) as sandbox, pytest.raises(AssertionError, match="no phone number 5"):
        sandbox.person().write(type="location", to="5", location={"latitude": 1})


def test_waiting_in_vain_says_how_far_it_came(thread: SandboxThread) -> None:
    with embedded(thread) as sandbox:
        webhooks = sandbox.receiver()

        with pytest.raises(TimeoutError, match=r"0 of 2 messages came within 0\.05 s"):
            webhooks.wait_for("messages", 2, deadline_s=0.05)
