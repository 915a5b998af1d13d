"""Registering a number, branching on whether it was, and the first template: played."""

from __future__ import annotations

import pytest

from .conftest import Stage, given, steps

pytestmark = pytest.mark.anyio

HELLO = "Welcome! This message was sent from the sandbox to show that sending works."


async def test_a_new_number_is_registered_and_greets_once(stage: Stage) -> None:
    await stage.store("onboarding")

    first = await stage.run_now("onboarding")
    second = await stage.run_now("onboarding")

    registered = [given(run, "sender", "registered") for run in (first, second)]
    assert [each["wasAlreadyRegistered"] for each in registered] == [False, True]
    assert [steps(run)[-1] for run in (first, second)] == ["greet", "known"]
    assert await stage.phone() == [HELLO]


async def test_the_connection_is_tested_by_running_two_flows(stage: Stage) -> None:
    await stage.store("connection_test")
    await stage.start("auto_reply")

    first = await stage.run_now("connection_test")
    again = await stage.run_now("connection_test", values={"me": "+1 650 555 1234"})
    await stage.says("It works")
    await stage.runs("auto_reply", 1)

    assert [first["status"], again["status"]] == ["completed", "completed"]
    assert await stage.phone() == [HELLO, HELLO, "You said: It works"]
