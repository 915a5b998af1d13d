"""Every input of every component, filled in wrongly: what people read is a sentence for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from appmixer.engine.contract import load_connectors
from appmixer.engine.flows.component_types import component_types

from ..needed import right_input

if TYPE_CHECKING:
    from .conftest import World

TYPES = component_types({"appmixer:whatsapp": load_connectors()["appmixer:whatsapp"]})
JARGON = re.compile(
    r"\b(strings?|objects?|None|NoneType|null|integers?|boolean|arrays?|dict|float|int|str|bool"
    r"|pattern|regex|schema|instance|validation|valid|property|properties|enum|minLength|maxLength"
    r"|type)\b|[\[\]\\^$]|\.\.",
)
MISSING = object()
# Of the right form, and of nobody's or of somebody else.
FOREIGN = {
    "businessAccountId": "202290129340398",
    "phoneNumberId": "206540352242922",
    "fileId": "0123456789abcdef0123456789abcdef",
}
KINDS = {
    "businessAccountId": "WhatsApp Business Account",
    "phoneNumberId": "sender number",
    "fileId": "file",
}


def plain(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a field takes when it is not left empty."""
    choices = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
    return {**field, **choices[0]} if len(choices) == 1 else field


def wrong_values(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Yield (field, value, what has to be in the sentence) of one component."""
    required = schema.get("required", [])
    yield "nosuch", "x", "There is no field nosuch"
    for name, declared in schema["properties"].items():
        field = plain(declared)
        title = str(field.get("title", name))
        if name in required:
            yield name, MISSING, f"{title} ({name}) is missing; fill it in."
            yield name, None, f"{title} is empty; fill it in."
        if name in required and ("minLength" in field or "pattern" in field):
            yield name, "", f"{title} is empty; fill it in."
        # Of a field with several choices each takes something else, and none takes this.
        is_one = "$ref" in field or field.get("type") in ("string", "array", "object")
        wrong_kind: Any = 7 if is_one else {"x": [[1]]}
        yield name, wrong_kind, f"{title} has to be "
        if "maxLength" in field and "pattern" not in field:
            yield name, "7" * (field["maxLength"] + 1), f"{title} is too long"
        if "maximum" in field:
            yield name, field["maximum"] + 1, f"{title} has to be {field['maximum']} or less."
        if "pattern" in field:
            # Of some it is enough that there is anything.
            strange = "\u00a7\u00a7" if not re.search(field["pattern"], "\u00a7\u00a7") else "  "
            yield name, strange, f"{title} has to be {field['x-hint']}"
        if "enum" in field:
            yield name, "purple", f"{title} has to be one of: "


@pytest.mark.parametrize("name", TYPES)
def test_a_wrong_input_is_answered_in_words_with_field_cause_and_cure(
    ready: World, name: str
) -> None:
    schema = TYPES[name].schema
    for field, value, expected in wrong_values(schema):
        given = {**right_input(name, schema), field: value}
        if value is MISSING:
            del given[field]

        answer = ready.try_out(name.rpartition(".")[2], **given)

        about = f"{name} {field} {value!r:.40}: {answer.text}"
        assert answer.status_code == 422, about
        error = answer.json()["error"]
        [fault] = answer.json()["errors"]
        assert re.split(r"[.\[]", error["field"])[:2] == ["input", field], about
        assert fault["text"].startswith(expected), about
        assert JARGON.sub("", fault["text"]) == fault["text"], about
        assert fault["text"].endswith("."), about
        # Where it is wrong stands beside the cause, and not in it once more.
        assert error["cause"] == fault["text"]
        assert error["cure"] == "Correct what is named and send it again."
    assert ready.asked() == []


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (name, each)
        for name in TYPES
        for each in FOREIGN
        if each in TYPES[name].schema["properties"]
    ],
)
def test_an_id_of_somebody_else_is_answered_as_one_of_nobody(
    ready: World, name: str, field: str
) -> None:
    kind = TYPES[name]
    given = {**right_input(name, kind.schema), field: FOREIGN[field]}

    if kind.kind == "trigger":
        step = {"type": name, "account": "acme", "input": given}
        ready.engine_call("PUT", "/api/flows/foreign", {"name": "f", "components": {"t": step}})
        error = ready.ask("POST", "/api/flows/foreign/start").json()["error"]
    else:
        error = ready.try_out(name.rpartition(".")[2], **given).json()["error"]

    assert error["field"] == field, error
    assert f"There is no {KINDS[field]} {FOREIGN[field]}" in f"{error['title']} {error['cause']}"
    for part in ("title", "cause", "cure"):
        assert JARGON.sub("", error[part]) == error[part] != "", error
    assert len({error[part] for part in ("title", "cause", "cure")}) == 3, error
    # Whose numbers are there had to be asked; nothing else was.
    assert set(ready.asked()) <= {"GET phone_numbers 200"}


@pytest.mark.parametrize("empty", ["", None])
@pytest.mark.parametrize("name", TYPES)
def test_an_optional_field_that_is_left_empty_is_as_good_as_left_out(
    ready: World, name: str, empty: Any
) -> None:
    schema = TYPES[name].schema
    least = right_input(name, schema)
    optional = [each for each in schema["properties"] if each not in least]
    path = f"/api/components/{name}/test"
    given = {**least, **dict.fromkeys(optional, empty)}

    filled = ready.ask("POST", path, {"account": "acme", "input": given, "dryRun": True})
    left_out = ready.ask("POST", path, {"account": "acme", "input": least, "dryRun": True})

    assert filled.status_code == left_out.status_code == 200, filled.text
    errors = [answer.json().get("error") for answer in (filled, left_out)]
    # The trace is that of one call.
    told, as_left_out = [error and {**error, "trace": ""} for error in errors]
    assert told == as_left_out


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/flows/nosuch"),
        ("POST", "/api/flows/nosuch/start"),
        ("GET", "/api/runs/nosuch"),
        ("GET", "/api/accounts/nosuch"),
        ("GET", "/api/files/nosuch"),
        ("POST", "/api/events/999999/replay"),
        ("GET", "/api/nosuch"),
        ("DELETE", "/api/runs"),
    ],
)
def test_what_is_not_there_is_told_with_a_cause_and_a_cure(
    ready: World, method: str, path: str
) -> None:
    answer = ready.ask(method, path)

    error = answer.json()["error"]
    assert answer.status_code in (404, 405)
    assert all(error[part] for part in ("title", "cause", "cure")), error
    assert len({error["title"], error["cause"], error["cure"]}) == 3


@pytest.mark.parametrize("missing", [["to"], ["to", "text"]])
def test_a_command_says_each_fault_once_and_where_it_is(ready: World, missing: list[str]) -> None:
    given = {"phoneNumberId": "106540352242922", "to": "+16505551234", "text": "hi"}
    filled = [f"{name}={value}" for name, value in given.items() if name not in missing]

    code, said = ready.command("component", "test", "SendText", "--account", "acme", *filled)

    first, *faults = said.splitlines()
    assert code == 1
    assert first == "The input cannot be used as it is. Correct what is named and send it again."
    assert [each.split(":")[0].strip() for each in faults] == [f"input.{each}" for each in missing]


def test_a_filter_that_nothing_can_pass_is_refused(ready: World) -> None:
    answer = ready.ask("GET", "/api/runs?status=purple")

    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "status"
    assert "'completed'" in answer.json()["error"]["cause"]
