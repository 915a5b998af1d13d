"""Ports at which something leaves with certain inputs only: leading on from others is a fault."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.contract import Connector
from appmixer.engine.flows.component_types import component_types
from appmixer.engine.flows.documents import read_document
from appmixer.engine.flows.models import FlowFaults

from ..conftest import Say


@pytest.fixture(autouse=True)
def aside_when_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Say, "ports_when", {"aside": {"then": ["twice", "sayAndWait"]}})


def faults(connectors: dict[str, Connector], **input: Any) -> list[str]:
    say = {"type": "test.echo.Say", "account": "keys"}
    components = {
        "in1": {"type": "test.echo.Heard", "account": "keys"},
        "first": {**say, "source": {"in": {"in1": ["heard"]}}, "input": {"text": "x", **input}},
        "next": {**say, "source": {"in": {"first": ["aside"]}}, "input": {"text": "y"}},
    }
    try:
        read_document({"name": "test", "components": components}, component_types(connectors))
    except FlowFaults as found:
        return [str(fault) for fault in found.faults]
    return []


@pytest.mark.parametrize(("input", "present"), [({}, '"say"'), ({"then": "wait"}, '"wait"')])
def test_a_port_that_stays_silent_leads_nowhere(
    connectors: dict[str, Connector], input: dict[str, Any], present: str
) -> None:
    assert faults(connectors, **input) == [
        "components.next.source.in.first: Nothing leaves first at its port 'aside' while its field"
        f' \'then\' is {present}: it has to be "twice" or "sayAndWait".'
    ]


@pytest.mark.parametrize("then", ["twice", "{{ in1.heard.text }}"])
def test_a_port_that_speaks_or_may_leads_on(connectors: dict[str, Connector], then: str) -> None:
    assert faults(connectors, then=then) == []
