"""A component knows whether anything of its flow follows at a port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from appmixer.engine.contract import ActionContext
from appmixer.engine.host.engine import Engine

from ..conftest import Said, Say

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def says_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    async def receive(_: Say, context: ActionContext, input: Say.Input) -> Said:
        follows = [port for port in ("said", "aside") if await context.goes_on_at(port)]
        return Said(text=" ".join(follows), step=context.step_id)

    monkeypatch.setattr(Say, "receive", receive)


async def test_a_step_knows_at_which_of_its_ports_its_flow_goes_on(
    engine: Engine,
    owner: str,
    hear: Callable[..., Awaitable[None]],
    ended_runs: Callable[..., Awaitable[list[dict[str, Any]]]],
) -> None:
    say = {"type": "test.echo.Say", "account": "keys", "input": {"text": "x"}}
    components = {
        "in1": {"type": "test.echo.Heard", "account": "keys"},
        "first": {**say, "source": {"in": {"in1": ["heard"]}}},
        "next": {**say, "source": {"in": {"first": ["said"]}}},
    }
    await engine.flows.put(owner, "f", {"name": "test", "components": components})
    await engine.flows.start(owner, "f")

    await hear("x")
    [run] = await ended_runs(owner, 1)

    told = {step["component"]: step["output"]["said"][0]["text"] for step in run["steps"][1:]}
    assert told == {"first": "said", "next": ""}


async def test_of_a_component_that_is_tried_out_everything_is_looked_at(
    engine: Engine, owner: str
) -> None:
    tried = await engine.component_tests.test(
        owner, "test.echo.Say", account="keys", values={"text": "x"}
    )

    assert tried["output"]["said"][0]["text"] == "said aside"
