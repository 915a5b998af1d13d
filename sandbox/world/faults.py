"""Faults on demand: which calls go wrong, how, how often and for how long."""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ..protocol.errors import entry_for
from .clock import Clock
from .settings import Switches

FaultKind = Literal[
    "error",
    "html",
    "empty",
    "truncated",
    "slow",
    "disconnect",
    "cut",
    "acceptedThenLost",
    "failedStatus",
]
# What the server writes by itself.
FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})
SENDS = (["messages"], ["marketing_messages"])
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
HeaderValue = Annotated[str, Field(pattern=r"^[\x20-\x7e]{0,2000}$")]


class FaultRule(Switches):
    """What is asked for. Everything left out matches everything."""

    endpoint: str = Field(
        default="*",
        description="'*', the last part of the path ('messages'), or a regular expression",
    )
    method: str | None = None
    phone_number_id: str | None = None
    kind: FaultKind = "error"
    code: int | None = Field(
        default=None, description="Meta's code; its body comes from the catalogue"
    )
    subcode: int | None = None
    http_status: int | None = Field(default=None, ge=100, le=599)
    delay_s: float = Field(default=0.0, ge=0, description="Seconds of real time before the answer")
    count: int | None = Field(default=None, ge=1, description="So many calls, then it is over")
    share: float = Field(default=1.0, gt=0, le=1, description="The share of matching calls")
    retry_after_s: int | None = Field(default=None, ge=0, description="Sent as Retry-After")
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict,
        max_length=20,
        description="Sent with the answer; errors of throttling bring Meta's usage headers",
    )
    for_s: float | None = Field(
        default=None, gt=0, description="So many seconds of the sandbox's clock"
    )

    @model_validator(mode="after")
    def _make_sense(self) -> FaultRule:
        if self.code is not None and entry_for(self.code, self.subcode) is None:
            raise ValueError(f"code {self.code} is not in Meta's catalogue")
        if self.kind == "failedStatus" and self.code is None:
            raise ValueError("failedStatus needs the code that the message fails with")
        if {name.lower() for name in self.headers} & FRAMING:
            raise ValueError("headers cannot say how long the answer is")
        try:
            re.compile(self.endpoint if self.endpoint != "*" else "")
        except re.error as broken:
            raise ValueError(f"endpoint is no regular expression: {broken}") from None
        return self


@dataclass
class Fault:
    """A rule at work."""

    id: str
    rule: FaultRule
    until: float | None
    left: int | None
    hits: int = 0

    def matches(self, method: str, segments: list[str]) -> bool:
        rule = self.rule
        is_send = method == "POST" and segments[-1:] in SENDS
        if rule.kind == "failedStatus" and not is_send:
            return False
        if rule.method is not None and rule.method.upper() != method:
            return False
        if rule.phone_number_id is not None and rule.phone_number_id not in segments[:1]:
            return False
        if rule.endpoint in ("*", segments[-1] if segments else ""):
            return True
        if re.fullmatch(r"\w+", rule.endpoint):
            return False
        return re.search(rule.endpoint, "/" + "/".join(segments)) is not None


class Faults:
    """The faults of one world."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(1)
        self._dice = random.Random()
        self._active: list[Fault] = []

    def add(self, rule: FaultRule) -> Fault:
        until = None if rule.for_s is None else self._clock.now() + rule.for_s
        fault = Fault(str(next(self._ids)), rule, until, rule.count)
        self._active.append(fault)
        return fault

    def restore(self, faults: list[Fault]) -> None:
        """Take up the faults of a world that was kept."""
        self._active = list(faults)
        latest = max((int(fault.id) for fault in faults), default=0)
        self._ids = itertools.count(latest + 1)

    def all(self) -> list[Fault]:
        self._drop_spent()
        return list(self._active)

    def remove(self, fault_id: str) -> bool:
        before = len(self._active)
        self._active = [fault for fault in self._active if fault.id != fault_id]
        return len(self._active) < before

    def clear(self) -> None:
        self._active.clear()

    def strike(self, method: str, segments: list[str]) -> FaultRule | None:
        """The rule this call falls under, counted; the oldest one that matches."""
        if not self._active:
            return None
        self._drop_spent()
        for fault in self._active:
            if fault.matches(method, segments) and self._dice.random() < fault.rule.share:
                fault.hits += 1
                if fault.left is not None:
                    fault.left -= 1
                return fault.rule
        return None

    def _drop_spent(self) -> None:
        now = self._clock.now()
        self._active = [
            fault
            for fault in self._active
            if fault.left != 0 and (fault.until is None or now < fault.until)
        ]
