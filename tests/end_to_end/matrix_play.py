"""Plays rows of the matrix: people, windows, what goes wrong, and how every run ended."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

import psycopg

from .conftest import World
from .matrix_behaviours import AT_ONCE_S, BEHAVIOURS, HOUR_S, When
from .matrix_cases import OTHER_NUMBER, Case
from .matrix_rows import Outcome

WABA = "102290129340398"
OTHER_TOKEN, OTHER_USER = "EAAsandboxOther", "61555822107599"
# Longer than a send waits for the status that tells what became of it.
A_WAIT_S = 16 * 60.0
# What brings a database back to the release before: its version, and how.
BEFORE = {"0014": ("0013", "ALTER TABLE runs DROP COLUMN like_run_id")}
PATIENCE_S = 60.0
# What behaviours change about the sandbox.
SPECIAL = {name for each in BEHAVIOURS.values() for name in each.settings}
PORTS = ("sent", "delivered", "read", "failed", "timeout")


@dataclass
class Play:
    """The rows of one world; `move` moves the clock of its engine."""

    world: World
    cases: Sequence[Case]
    move: Callable[[float], None]
    runs: dict[Case, str] = field(default_factory=dict["Case", str])
    usual: dict[str, Any] = field(default_factory=dict[str, Any])

    def prepare(self) -> None:
        world = self.world
        self.usual = world.sandbox_call("GET", "/_sandbox/settings")
        world.register(OTHER_NUMBER, OTHER_TOKEN, "111111")
        for case in self.cases:
            self._populate(case)
        self._write("unheard")
        world.set_webhook()
        for name, token in (("acme", "EAAsandbox"), ("other", OTHER_TOKEN)):
            world.connect(name, token)
            incoming = {"type": "appmixer.whatsapp.NewMessage", "account": name}
            document = {"name": "Listen", "components": {"incoming": incoming}}
            world.start(f"listen-{name}", document)
        self._pass(-25 * HOUR_S)
        self._write("closed")
        self._pass(25 * HOUR_S)
        self._write("open")

    def play(self) -> None:
        """Let everything happen, in an order in which no row disturbs another."""
        self._begin("at first")
        self._begin("before access ends")
        self._tell()
        self._end_access()
        self._crash()
        self._upgrade()
        self._pass(HOUR_S)
        self._settle(lambda case: not case.needs_time)
        self._set(AT_ONCE_S)
        self.move(A_WAIT_S)
        self._settle(lambda case: case.does.statuses_after_s <= HOUR_S)
        self._pass(HOUR_S)
        self._settle(lambda case: True)

    def outcome(self, case: Case) -> Outcome:
        run = self._run(case)
        step = self._step(run)
        fate: dict[str, Any] = step.get("fate") or {}
        error: dict[str, Any] = step.get("error") or fate.get("error") or {}
        messages = self._messages(case)
        shown = [
            each
            for each in messages
            if {"delivered", "read"} & {status["status"] for status in each["statuses"]}
        ]
        return Outcome(
            run["status"],
            step.get("status", "-"),
            fate.get("state", "-"),
            str(error.get("code") or "-"),
            " ".join(each for each in PORTS if each in (step.get("output") or {})) or "-",
            " ".join(each["type"] for each in messages) or "-",
            str(len(shown)),
        )

    def _populate(self, case: Case) -> None:
        world, number = self.world, case.number
        if number != OTHER_NUMBER:
            body = {"id": number, "wabaId": WABA, "display": f"+1 555-2{number[-6:]}"}
            more = {"isRegistered": True, "pin": "000000"}
            world.sandbox_call("POST", "/_sandbox/numbers", {**body, **more})
        person = {"waId": case.person, "name": "Person"}
        world.sandbox_call("POST", "/_sandbox/people", person)

    def _write(self, window: str) -> None:
        """Let people write, and wait until all of it is heard."""
        for case in self.cases:
            if case.row.window == window:
                self.world.says(case.person, to=case.number, type="text", text={"body": "Hello?"})
        self.world.wait_until(self._is_heard, "all webhooks are answered and done")

    def _is_heard(self) -> bool:
        hooks = self.world.sandbox_call("GET", "/_sandbox/webhooks?limit=1")
        return hooks["waiting"] == 0 and not self.world.has_work()

    def _pass(self, seconds: float) -> None:
        """Let time pass at Meta, or go back."""
        now = self.world.sandbox_call("GET", "/_sandbox/clock")["now"]
        self.world.sandbox_call("POST", "/_sandbox/clock", {"setTo": now + seconds})

    def _begin(self, when: When) -> None:
        """Begin what begins then, those together that want the same of Meta."""
        mine = [each for each in self.cases if each.does.begins == when]
        for kind, group in itertools.groupby(sorted(mine, key=_kind), key=_kind):
            cases = list(group)
            self._set(cases[0].does.statuses_after_s, cases[0].does.settings)
            for case in cases:
                self._begin_one(case)
            self.world.wait_until(partial(self._are_under_way, cases), f"{kind} is under way")

    def _set(self, first_s: float, settings: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Let Meta begin to tell statuses so late, and behave as usual in all that is not named."""
        delays = {"sent": first_s, "delivered": first_s + 0.1, "read": first_s + 0.3}
        usual = {name: self.usual[name] for name in SPECIAL & self.usual.keys()}
        self.world.sandbox_call(
            "POST", "/_sandbox/settings", {**usual, **settings, "statusDelaysS": delays}
        )

    def _begin_one(self, case: Case) -> None:
        world = self.world
        change = {**case.does.person, "blocks": [case.number] if case.does.is_blocking else []}
        world.sandbox_call("PATCH", f"/_sandbox/people/{case.person}", change)
        if case.does.fault:
            fault = {**case.does.fault, "phoneNumberId": case.number}
            world.sandbox_call("POST", "/_sandbox/faults", fault)
        world.engine_call("PUT", f"/api/flows/{case.flow}", case.document)
        begun = world.engine_call("POST", f"/api/flows/{case.flow}/run", {"values": {}})
        self.runs[case] = begun["runId"]

    def _are_under_way(self, cases: Sequence[Case]) -> bool:
        return all(map(self._is_under_way, cases))

    def _is_under_way(self, case: Case) -> bool:
        """Say whether the send has come as far as it can by itself."""
        if case.does.is_slow:
            faults = self.world.sandbox_call("GET", "/_sandbox/faults")["faults"]
            mine = [each for each in faults if each["phoneNumberId"] == case.number]
            return not mine or mine[0]["hits"] == 1
        run = self._run(case)
        is_tried_again = case.does.begins == "at first" and self.world.is_tried_again(run)
        return run["status"] != "running" and not is_tried_again

    def _tell(self) -> None:
        """Tell the statuses of cases that have an order of their own, one after the other."""
        told = [each for each in self.cases if each.told]
        for turn in range(max((len(each.told) for each in told), default=0)):
            for case in told:
                if turn < len(case.told):
                    self._tell_one(case, case.told[turn])
            self.world.wait_until(self._is_heard, "the statuses are heard")

    def _tell_one(self, case: Case, status: str) -> None:
        [message] = self._messages(case)
        trigger = {
            "event": f"statuses.{status}",
            "set": {"statuses[0].id": message["id"]},
            "add": {"statuses[0].biz_opaque_callback_data": message["bizOpaqueCallbackData"]},
            "to": case.number,
            "person": case.person,
        }
        self.world.sandbox_call("POST", "/_sandbox/trigger", trigger)

    def _end_access(self) -> None:
        """Take the token of one account away, and connect it with another one in the end."""
        world = self.world
        if not any(each.account == "other" for each in self.cases):
            return
        world.sandbox_call("PATCH", f"/_sandbox/tokens/{OTHER_TOKEN}", {"expiresAt": 1})
        self._begin("after access has ended")
        ended = [each for each in self.cases if each.does.begins == "after access has ended"]
        assert {self._run(each)["status"] for each in ended} == {"paused"}
        fresh = {"value": "EAAfresh", "userId": OTHER_USER}
        world.sandbox_call("POST", "/_sandbox/tokens", fresh)
        world.connect("other", "EAAfresh")

    def _crash(self) -> None:
        """Kill the engine where some sends are under way and others are taken and not heard of."""
        self._begin("before the crash")
        crashing = [each for each in self.cases if each.does.begins == "before the crash"]
        if not crashing:
            return
        engine = self.world.engine
        engine.freeze()
        taken = [each for each in crashing if each.row.behaviour == "crash after it is taken"]
        self.world.wait_until(
            lambda: all(map(self._messages, taken)), "Meta has taken what it was given"
        )
        engine.kill()
        engine.start()

    def _upgrade(self) -> None:
        """Stop the engine, let a newer release begin there, and give every flow a newer version."""
        world = self.world
        world.engine.stop()
        [(present,)] = world.rows("SELECT version_num FROM alembic_version")
        assert present in BEFORE, f"say in BEFORE how a database goes back from {present}"
        before, *changes = BEFORE[present]
        self._alter(*changes, f"UPDATE alembic_version SET version_num = '{before}'")
        world.engine.start()
        assert world.rows("SELECT version_num FROM alembic_version") == [(present,)]
        for case in self.cases:
            document = case.document
            document["components"]["send"]["input"]["text"] = "Another text"
            world.engine_call("PUT", f"/api/flows/{case.flow}", document)

    def _alter(self, *statements: str) -> None:
        if self.world.database_url:
            with psycopg.connect(self.world.database_url) as server:
                for each in statements:
                    server.execute(each.encode())
            return
        with closing(sqlite3.connect(self.world.data / "appmixer.sqlite")) as database, database:
            for each in statements:
                database.execute(each)

    def _settle(self, concerns: Callable[[Case], bool]) -> None:
        """Wait until these have ended as they should; what never does is found at the end."""
        left = [each for each in self.cases if concerns(each)]
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            left = [each for each in left if self.outcome(each) != each.row.outcome]
            if not left:
                break
            time.sleep(0.1)

    def _messages(self, case: Case) -> list[dict[str, Any]]:
        return [each for each in self.world.phone(case.person) if each["from"] == "business"]

    def _run(self, case: Case) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.world.engine_call("GET", f"/api/runs/{self.runs[case]}")
        return found

    def _step(self, run: Mapping[str, Any]) -> Mapping[str, Any]:
        found: list[dict[str, Any]] = [s for s in run["steps"] if s["component"] == "send"]
        return found[0] if found else {}


def _kind(case: Case) -> tuple[float, str]:
    return case.does.statuses_after_s, str(case.does.settings)
