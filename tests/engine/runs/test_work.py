"""What a segment has to do, as its row holds it: a form that later releases read as well."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.runs.work import Arrival, SegmentWork, StepCall, Value, read_work
from appmixer.engine.storage.tables import SCHEMA_VERSION

# One file for each version of the tables since which the form is another.
FILES = sorted((Path(__file__).parent / "golden").glob("work_*.json"))
OUTPUTS = {
    ("run", "heard", 0): [{"text": "hello"}],
    ("run.0", "said", 0): [{"text": "one"}, {"text": "two"}],
    ("run.0", "said", 1): [{"text": "fifty-one"}],
}


def work(first: Arrival | StepCall, **more: Any) -> SegmentWork:
    given: dict[str, Any] = {
        "id": "segment",
        "run_id": "run",
        "owner_id": "owner",
        "connector": "vendor:service",
        "order_key": "flow-key:talk",
        "flow_key": "flow-key",
        "flow_id": "flow",
        "version": 3,
        "event_seq": 17,
        "rank": 17,
        "may_have_begun": True,
        "first": first,
    }
    return SegmentWork(**{**given, **more})


HEARD = Value("run", "heard", 0, {"text": "hello"})
CALL = StepCall("run.0.1", "send", {"incoming": HEARD}, attempt=1, after_seq=17)
# What there is to do, by a name for people; the golden files hold how each of it is stored.
WORKS = {
    "a trigger's value": work(Arrival("incoming", HEARD)),
    "a step after a delay": work(replace(CALL, attempt=2, reason="busy")),
    "a step after a wait": work(
        replace(CALL, resumes={"asked": True}, after_seq=21), event={"text": "yes"}, rank=21
    ),
    "a value of a list": work(
        replace(
            CALL, scope={"incoming": HEARD, "each": Value("run.0", "said", 1, {"text": "two"})}
        ),
        list_id="run.0",
    ),
    "a value far down a list": work(
        replace(CALL, scope={"each": Value("run.0", "said", 50, {"text": "fifty-one"})}),
        list_id="run.0",
    ),
    "a list that is collected": work(replace(CALL, collects="run.0")),
    "a step that gave something before it waited": work(
        replace(CALL, resumes={"asked": True}, given={"asked": 1}, after_seq=21),
        event={"text": "yes"},
        rank=21,
    ),
    "a step that is done again": work(replace(CALL, attempt=3, known_as="run.0.1#3")),
}


def row(each: SegmentWork, stored: Any) -> dict[str, Any]:
    event = None if each.event is None else json.dumps(each.event)
    return {
        "id": each.id,
        "run_id": each.run_id,
        "owner_id": each.owner_id,
        "connector": each.connector,
        "order_key": each.order_key,
        "rank": each.rank,
        "work": stored,
        "event": event,
        "event_seq": None if event is None else each.rank,
        "list_id": each.list_id or None,
    }


def test_work_is_stored_in_the_form_of_the_newest_golden_file() -> None:
    newest = [file for file in FILES if file.stem.removeprefix("work_") <= SCHEMA_VERSION][-1]

    stored = {name: each.to_json() for name, each in WORKS.items()}

    # Another form needs another version of the tables, and another file beside this one.
    assert stored == json.loads(newest.read_text("utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_work_that_an_earlier_release_has_stored_is_read(file: Path) -> None:
    golden = json.loads(file.read_text("utf-8"))

    read = {name: read_work(row(WORKS[name], each), OUTPUTS) for name, each in golden.items()}

    assert read == {name: WORKS[name] for name in golden}
