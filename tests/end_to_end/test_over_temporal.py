"""Runs over a real Temporal: what it is told, and what happens while it or the database is away."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from temporalio.client import Client

from appmixer.engine.values import is_list, is_object

from ..postgres import away
from ..temporal_server import TemporalServer
from .conftest import BIN, NUMBER, World, running
from .test_lost_machines import are_under_way
from .test_stand_by import A_FLOOD, PEOPLE, WAITS, is_quiet, replies, set_up, write
from .test_two_workers import UNKNOWN_AFTER_S, states

PERSON = PEOPLE[0]
# Between two floods of a long outage.
A_BREATH_S = 10.0
TEXT, INPUT = "Zanzibar is far", "Quetzal"
# Sends that are under way when the database goes: Meta takes some, and never gets the others.
NEVER: dict[str, Any] = {"endpoint": "messages", "kind": "disconnect", "delayS": 1, "count": 2}
TAKEN: dict[str, Any] = {"endpoint": "messages", "kind": "slow", "delayS": 1, "count": 3}
# What was written is no number to send to, and the step's error says so.
FAILS: dict[str, Any] = {
    "name": "Fails",
    "components": {
        "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"},
        "send": {
            "type": "appmixer.whatsapp.SendText",
            "account": "acme",
            "source": {"in": {"incoming": ["message"]}},
            "input": {
                "phoneNumberId": NUMBER,
                "to": "{{ incoming.message.text.body }}",
                "text": INPUT,
            },
        },
    },
}


@contextmanager
def over(
    address: str,
    folder: Path,
    postgres: str,
    monkeypatch: pytest.MonkeyPatch,
    unknown_after_s: int = 900,
) -> Generator[World]:
    monkeypatch.setenv("APPMIXER_TEMPORAL_ADDRESS", address)
    key = Fernet.generate_key().decode()
    command = [str(BIN / "appmixer")]
    with running(
        folder,
        command,
        database_url=postgres,
        secret_key=key,
        unknown_after_s=unknown_after_s,
    ) as world:
        world.wait_until(lambda: "lease_taken" in world.log(), "it is at work")
        set_up(world, world.engine)
        yield world


async def dumped(address: str) -> str:
    """Return all that a server has: every history, and what is encoded in it in plain."""
    client = await Client.connect(address)
    parts: list[str] = []
    async for each in client.list_workflows():
        parts.append(f"{each.id} {each.raw_info}")
        history = await client.get_workflow_handle(each.id, run_id=each.run_id).fetch_history()
        parts.append(history.to_json())
        parts += _plain(json.loads(history.to_json()))
    return "\n".join(parts)


def _plain(found: Any) -> list[str]:
    """Return what the payloads of a history hold."""
    if is_list(found):
        return [text for each in found for text in _plain(each)]
    if not is_object(found):
        return []
    data = found.get("data")
    mine = [base64.b64decode(data).decode(errors="replace")] if isinstance(data, str) else []
    return mine + [text for each in found.values() for text in _plain(each)]


def test_temporal_is_told_nothing_of_what_people_write_or_who_they_are(
    tmp_path: Path, postgres: str, temporal_outage: TemporalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with over(temporal_outage.address, tmp_path, postgres, monkeypatch) as world:
        world.start("fails", FAILS)
        world.says(PERSON, type="text", text={"body": TEXT})
        world.wait_until(lambda: is_quiet(world, 2), "both runs have ended")
        world.sandbox_call("PATCH", f"/_sandbox/people/{PERSON}", {"online": False})
        world.start("waits", WAITS)
        world.ended_run("waits", "waiting")
        ends = states(world)
        keys = {
            row[0] for row in world.rows("SELECT order_key FROM segments WHERE order_key <> run_id")
        }
        dump = asyncio.run(dumped(temporal_outage.address))

    assert ends == {"completed": 1, "failed": 1, "waiting": 1}
    assert "hand_over" in dump, "the histories were read"
    assert keys, "conversations have keys"
    told = [TEXT, INPUT, "EAAsandbox", PERSON, PERSON[2:], NUMBER, "acme", "hello_world", *keys]
    assert [each for each in told if each.lower() in dump.lower()] == []


@pytest.mark.parametrize("away_s", [0.0, pytest.param(60.0, marks=pytest.mark.prove)])
def test_what_comes_while_temporal_is_away_is_taken_and_done_afterwards(
    tmp_path: Path,
    postgres: str,
    temporal_outage: TemporalServer,
    monkeypatch: pytest.MonkeyPatch,
    away_s: float,
) -> None:
    with over(temporal_outage.address, tmp_path, postgres, monkeypatch) as world:
        write(world, 0)
        temporal_outage.stop()
        floods, back_at, answered = 1, time.monotonic() + away_s, "webhooks are answered meanwhile"
        while floods == 1 or time.monotonic() < back_at:
            write(world, floods)
            floods += 1
            world.wait_until(lambda: hooks_waiting(world) == 0, answered)
            time.sleep(min(A_BREATH_S, max(back_at - time.monotonic(), 0.0)))
        world.wait_until(lambda: "temporal" in trouble(world), "it says that Temporal is away")
        told = [each["title"] for each in world.engine_call("GET", "/api/notices")["notices"]]
        temporal_outage.start()
        world.wait_until(lambda: is_quiet(world, floods * A_FLOOD), "all is done", 600)
        world.wait_until(lambda: trouble(world) == {}, "it says that Temporal is back")
        ends = states(world)
        said = {person: replies(world, person) for person in PEOPLE}

    assert "A part of the engine fails: temporal" in told
    assert ends == {"completed": floods * A_FLOOD}
    assert sum(len({*texts}) for texts in said.values()) == floods * A_FLOOD
    assert sum(map(len, said.values())) == floods * A_FLOOD


def test_an_engine_starts_while_temporal_is_away_and_goes_on_when_it_is_there(
    tmp_path: Path, postgres: str, temporal_outage: TemporalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporal_outage.stop()
    monkeypatch.setenv("APPMIXER_TEMPORAL_ADDRESS", temporal_outage.address)
    key = Fernet.generate_key().decode()
    command = [str(BIN / "appmixer")]
    with running(tmp_path, command, database_url=postgres, secret_key=key) as world:
        set_up(world, world.engine)
        write(world, 0)
        said = trouble(world)
        temporal_outage.start()
        world.wait_until(lambda: is_quiet(world, A_FLOOD), "all is done")

    assert said == {"temporal": f"Temporal at {temporal_outage.address} cannot be reached."}


@pytest.mark.parametrize("away_s", [0.0, pytest.param(60.0, marks=pytest.mark.prove)])
def test_all_is_done_once_when_the_database_is_away_meanwhile(
    tmp_path: Path,
    postgres: str,
    temporal_server: str,
    monkeypatch: pytest.MonkeyPatch,
    away_s: float,
) -> None:
    with over(temporal_server, tmp_path, postgres, monkeypatch, UNKNOWN_AFTER_S) as world:
        for fault in (NEVER, TAKEN):
            world.sandbox_call("POST", "/_sandbox/faults", fault)
        write(world, 0)
        world.wait_until(lambda: are_under_way(world), "sends are under way")
        with away(postgres):
            write(world, 1)
            time.sleep(away_s)
        write(world, 2)
        world.wait_until(lambda: is_quiet(world, 3 * A_FLOOD), "all runs are at rest", 600)
        # What was about to leave waits for its status, and ends as unknown if none comes.
        world.wait_until(lambda: states(world)["waiting"] == 0, "what waits has ended")
        ends = states(world)
        said = {person: replies(world, person) for person in PEOPLE}

    missing = 3 * A_FLOOD - sum(len(texts) for texts in said.values())
    assert [text for texts in said.values() for text, n in Counter(texts).items() if n > 1] == []
    assert ends["completed"] + ends["unknown"] == 3 * A_FLOOD, ends
    assert NEVER["count"] <= missing <= ends["unknown"] <= len(PEOPLE)


def hooks_waiting(world: World) -> int:
    waiting: int = world.sandbox_call("GET", "/_sandbox/webhooks?limit=1")["waiting"]
    return waiting


def trouble(world: World) -> dict[str, str]:
    answer = httpx.get(f"{world.engine.url}/readyz", timeout=60.0)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()["troubles"]
    return found
