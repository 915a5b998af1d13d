"""A trigger can ask whether the step that an event is about is one of its own flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from appmixer.engine.contract import (
    Connector,
    JsonObject,
    TriggerContext,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host.engine import Engine

from ..conftest import Heard, Say, echo_module

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]


class Own(Heard):
    """Hears the ids of steps, and lets those of its own flow begin runs, besides all words."""

    async def receive(self, context: TriggerContext, event: JsonObject) -> Heard.Output | None:
        text = str(event["text"])
        is_wanted = text.isalpha() or await context.is_of_this_flow(text)
        return self.Output(text=text) if is_wanted else None


@pytest.fixture
def connectors() -> dict[str, Connector]:
    module: Any = echo_module()
    module.appmixer_components = hookimpl(lambda: {"test.echo.Heard": Own, "test.echo.Say": Say})
    return connectors_of(module)


async def start(engine: Engine, owner: str, flow_id: str, room: str) -> None:
    heard = {"type": "test.echo.Heard", "account": "keys", "input": {"room": room}}
    said = {
        "type": "test.echo.Say",
        "account": "keys",
        "source": {"in": {"in1": ["heard"]}},
        "input": {"text": "x"},
    }
    await engine.flows.put(
        owner, flow_id, {"name": flow_id, "components": {"in1": heard, "s": said}}
    )
    await engine.flows.start(owner, flow_id)


async def test_a_flow_hears_of_its_own_steps_whether_or_not_the_event_says_that_it_is_about_one(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, "mine", "hall")
    await start(engine, owner, "other", "cellar")
    await hear("first", room="hall")
    await hear("first", room="cellar")
    sent = {run["flowId"]: run["steps"][1]["id"] for run in await ended_runs(owner, 2)}

    for room in ("hall", "cellar"):
        for step_id in (*sent.values(), "no-run.no-step"):
            await hear(step_id, room=room, id=f"{room} told {step_id}")
            await hear(step_id, room=room, id=f"{room} about {step_id}", about=step_id)
    runs = await ended_runs(owner, 2 + 4)

    heard = sorted((run["flowId"], run["steps"][0]["output"]["heard"][0]["text"]) for run in runs)
    assert heard == sorted(
        (flow_id, text) for flow_id, step_id in sent.items() for text in ("first", step_id, step_id)
    )


async def test_the_host_is_asked_at_no_cost_for_the_step_that_an_event_is_about(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    for flow_id in ("one", "two", "three"):
        await start(engine, owner, flow_id, "hall")
    await hear("first")
    runs = await ended_runs(owner, 3)
    step_id = next(run["steps"][1]["id"] for run in runs if run["flowId"] == "one")
    asked = list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("SELECT runs.flow_key"):
            asked.append(statement)

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        await hear(step_id, about=step_id)
        await ended_runs(owner, 4)
        of_the_event = len(asked)
        await hear(step_id)
        await ended_runs(owner, 5)
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)

    assert (of_the_event, len(asked)) == (0, 3)
