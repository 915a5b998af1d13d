"""Meta's errors become the error that says what the host does next."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    ConnectorError,
    RejectedError,
    ThrottledError,
)
from appmixer.whatsapp.plugin.graph.errors import (
    Entry,
    Explanation,
    entries,
    error_from_graph,
    error_from_webhook,
    find,
)
from appmixer.whatsapp.plugin.graph.retry_after import MAX_DELAY_S, announced_delay_s
from appmixer.whatsapp.plugin.triggers.outputs import read_errors

ROOT = Path(__file__).parents[3]
BODIES = ROOT / "sandbox" / "fixtures" / "webhooks"
SCHEMAS = ROOT / "schemas"
CATEGORIES = {
    "auth",
    "configuration",
    "integrity",
    "media",
    "parameter",
    "permission",
    "rate_limit",
    "recipient",
    "registration",
    "server",
    "template",
}


def refused(code: int, status: int = 400, **extra: Any) -> ConnectorError:
    body = {"error": {"message": "words", "code": code, "fbtrace_id": "Atrace", **extra}}
    return error_from_graph(status, body, {})


def test_every_row_is_complete_and_no_two_answer_for_the_same() -> None:
    keys = {(row.code, row.last_code, row.subcode, row.message_hint) for row in entries()}

    assert len(keys) == len(entries()) == 203
    for row in entries():
        assert row.category in CATEGORIES
        assert all([row.title, row.cause, row.cure, row.source]), row.code
        assert (row.delay_s is None) == (row.retry == "no"), row.code


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0, AuthorizationError),
        (190, AuthorizationError),
        (10, RejectedError),
        (230, RejectedError),
        (2635, ConfigurationError),
        (131047, RejectedError),
        (131030, RejectedError),
        (133010, RejectedError),
        (132000, RejectedError),
        (132001, RejectedError),
        (4, ThrottledError),
        (80007, ThrottledError),
        (130429, ThrottledError),
        (131056, ThrottledError),
        (131057, ThrottledError),
        (2, ThrottledError),
    ],
)
def test_the_class_tells_what_the_host_does_next(code: int, kind: type[ConnectorError]) -> None:
    error = refused(code)

    assert type(error) is kind
    assert (error.code, error.trace) == (code, "Atrace")


@pytest.mark.parametrize("code", [row.code for row in entries() if 133000 <= row.code < 134000])
def test_a_registration_is_never_tried_again_by_itself(code: int) -> None:
    error = refused(code, 503, is_transient=True)

    assert type(error) is RejectedError


def test_a_transient_error_may_be_tried_again_whatever_its_code() -> None:
    assert type(refused(131009)) is RejectedError
    assert type(refused(131009, is_transient=True)) is ThrottledError


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (131047, ["Send Template Message", "24 hours"]),
        (131030, ["Manage phone number list", "Live"]),
        (133010, ["Ensure Sender Phone Number Registered"]),
        (132000, ["Message Templates"]),
        (132001, ["`en` is not `en_US`"]),
        (190, ["Connect the account again"]),
        (133005, ["Two-step verification PIN", "reset"]),
    ],
)
def test_the_cure_says_what_to_do(code: int, words: list[str]) -> None:
    cure = refused(code).cure

    assert [word for word in words if word not in cure] == []


def test_the_input_that_was_refused_is_named() -> None:
    assert refused(133005).field == "pin"
    assert refused(131030).field == "to"
    assert error_from_graph(400, {"error": {"code": 100}}, {}, field="text").field == "text"


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        (10, "connect"),
        (131005, "connect"),
        (131045, "appmixer.whatsapp.EnsureRegistered"),
        (133000, "appmixer.whatsapp.DeregisterPhoneNumber"),
        (133006, "appmixer.whatsapp.RequestVerificationCode"),
        (133010, "appmixer.whatsapp.EnsureRegistered"),
        (131047, ""),
    ],
)
def test_a_refusal_names_what_mends_it(code: int, mend: str) -> None:
    assert refused(code).mend == mend


def test_what_mends_is_a_new_connection_or_a_component_that_takes_what_was_refused() -> None:
    for row in entries():
        if row.mend not in ("", "connect"):
            name = row.mend.rpartition(".")[2]
            schema = json.loads((SCHEMAS / f"{name}.json").read_text())
            assert row.field in schema["properties"], row.code


def test_rows_of_one_code_are_told_apart_by_subcode_and_by_words() -> None:
    proof = refused(100, message="Invalid appsecret_proof provided in the API argument")

    assert type(proof) is ConfigurationError
    assert "clientSecret" in proof.cure
    assert "does not exist" in refused(100, error_subcode=33).cause
    assert type(refused(100, error_subcode=36007)) is AuthorizationError
    assert refused(100).title == "Invalid parameter"


def test_metas_details_are_the_cause_without_anything_secret() -> None:
    details = "Parameter to of EAAGm0PX4ZCpsBA is bad for access_token=abc123, pin: 123456, s3cr3t"
    body = {"error": {"code": 131009, "error_data": {"details": details}}}

    error = error_from_graph(400, body, {}, secrets=["s3cr3t"])

    assert error.cause.endswith(
        " Meta says: Parameter to of [hidden] is bad for access_token=[hidden], pin: [hidden], "
        "[hidden]"
    )


def test_details_beside_the_code_are_the_cause_as_older_versions_tell_them() -> None:
    error = refused(131009, details="Parameter to is bad.")

    assert error.cause.endswith(" Meta says: words: Parameter to is bad.")


def test_metas_message_stands_beside_our_explanation() -> None:
    row = find(190)
    assert row is not None

    error = refused(190, message="(#190) The session of EAAGm0PX4ZCpsBA is over.")

    assert error.cause == f"{row.cause} Meta says: The session of [hidden] is over."


def test_words_meant_for_people_are_the_cause_too() -> None:
    error = refused(100, error_subcode=2388023, error_user_msg="New content cannot be added.")

    assert error.cause.endswith(" Meta says: words: New content cannot be added.")
    assert error.subcode == 2388023


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RejectedError), (401, AuthorizationError), (429, ThrottledError), (503, ThrottledError)],
)
def test_an_unknown_code_is_judged_by_its_status(status: int, kind: type[ConnectorError]) -> None:
    error = refused(987654, status)

    assert type(error) is kind
    assert "987654" in error.title


@pytest.mark.parametrize("error", [{"code": "x"}, {"code": None}, {"code": True}, {"message": 7}])
def test_an_error_object_without_a_code_is_still_an_error(error: dict[str, Any]) -> None:
    assert type(error_from_graph(400, {"error": error}, {})) is RejectedError


@pytest.mark.parametrize(
    ("headers", "delay_s"),
    [
        ({}, 300.0),
        ({"Retry-After": "17"}, 17.0),
        ({"retry-after": "-5"}, 300.0),
        ({"retry-after": "soon"}, 300.0),
        ({"retry-after": "9" * 400}, MAX_DELAY_S),
        ({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":19}]}'}, 1140.0),
        ({"x-business-use-case-usage": '{"1":[{"estimated_time_to_regain_access":0}]}'}, 300.0),
        ({"retry-after": "Mon, 01 Jan 99999999999 00:00:00 GMT"}, 300.0),
        ({"retry-after": "Mon, 01 Jan 2020 00:00:00 +99999999999999999999"}, 300.0),
        ({"x-business-use-case-usage": '{"1":7}'}, 300.0),
        ({"x-business-use-case-usage": "[" * 50_000}, 300.0),
        ({"x-business-use-case-usage": "[7"}, 300.0),
    ],
)
def test_metas_own_delay_goes_before_the_catalogues(
    headers: dict[str, str], delay_s: float
) -> None:
    error = error_from_graph(400, {"error": {"code": 4}}, headers)

    assert isinstance(error, ThrottledError)
    assert error.retry_after_s == delay_s


def test_a_date_may_say_when_to_come_back() -> None:
    date = "Mon, 21 Sep 2026 14:13:20 GMT"
    later = {"Retry-After": "Mon, 21 Sep 2026 14:14:50 GMT"}
    far = {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}

    delays_s = [announced_delay_s({"Date": date, **each}) for each in (later, far)]

    # By the sender's own clock: ours may go differently.
    assert delays_s == [90, MAX_DELAY_S]
    assert announced_delay_s(later) is None


@pytest.mark.parametrize("row", entries(), ids=lambda row: f"{row.code}/{row.subcode}")
def test_every_error_survives_pickling(row: Any) -> None:
    error = refused(row.code, error_subcode=row.subcode)

    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert again.args == error.args


@pytest.mark.parametrize("path", sorted(BODIES.glob("statuses.failed.*.json")))
def test_every_documented_failure_is_explained(path: Path) -> None:
    value = json.loads(path.read_text("utf-8"))["entry"][0]["changes"][0]["value"]

    explanation = error_from_webhook(value["statuses"][0]["errors"][0])

    assert explanation.cure
    assert explanation.category != "unknown"


def test_a_failure_nobody_knows_keeps_metas_words_and_has_cause_and_cure() -> None:
    error = {"code": 999999, "title": "New", "error_data": {"details": "Something new."}}

    explanation = error_from_webhook(error)

    assert explanation == Explanation(
        "New",
        "Nothing more is known here of Meta's code 999999. Meta says: New: Something new.",
        "Make sure that the message is right, and look at Meta's page of error codes.",
        999999,
        "unknown",
        "no",
    )


@pytest.mark.parametrize("row", entries(), ids=lambda row: f"{row.code}/{row.subcode}")
def test_metas_words_stand_beside_the_explanation_of_every_code(row: Entry) -> None:
    said = f"(#{row.code}) The value of x is wrong{row.message_hint and f' ({row.message_hint})'}"

    error = refused(row.code, error_subcode=row.subcode, message=said)
    reported = error_from_webhook({"code": row.code, "title": row.title, "message": said})

    assert error.cause.startswith(f"{row.cause} Meta says: The value of x is wrong")
    assert "Meta says: The value of x is wrong" in reported.cause


@pytest.mark.parametrize(
    "row",
    # One that is told by a word of its message is meant only where the word stands.
    [row for row in entries() if not row.message_hint],
    ids=lambda row: f"{row.code}/{row.subcode}",
)
@pytest.mark.parametrize("message", ["", "{title}", "(#{code}) {title}"])
def test_no_cure_refers_to_what_meta_names_when_it_names_nothing(row: Entry, message: str) -> None:
    said = message.format(title=row.title, code=row.code)

    error = refused(row.code, error_subcode=row.subcode, message=said)

    assert [each for each in REFERENCES if re.search(each, error.cure)] == []
    assert error.cause
    assert error.cure


REFERENCES = [r"Meta (names|gives|says)", r"Meta's message", r"the message$", r"details"]


@pytest.mark.parametrize("code", [100, 131008, 131009, 132018, 133008, 139001, 2494164])
def test_the_cure_refers_to_what_meta_names_when_it_does(code: int) -> None:
    error = refused(code, error_data={"details": "The value of x is wrong"})

    assert re.search(r"Meta (names|gives|says)", error.cure)
    assert "The value of x is wrong" in error.cause


@pytest.mark.parametrize("status", [400, 401, 429, 503])
@pytest.mark.parametrize("error", [{"code": 987654}, {}, {"message": "Something new"}])
def test_an_error_of_unknown_code_has_cause_and_cure(status: int, error: dict[str, Any]) -> None:
    found = error_from_graph(status, {"error": error}, {})

    assert found.cause
    assert found.cure
    assert ("Something new" in found.cause) == ("message" in error)


@pytest.mark.parametrize(
    "old",
    [
        {"details": "Message type is not currently supported"},
        {"error_data": "Message type is not currently supported"},
        {"error_data": {}, "details": "Message type is not currently supported"},
    ],
)
def test_the_older_shapes_of_an_error_are_understood(old: dict[str, Any]) -> None:
    error = {"code": 131051, "title": "Unsupported message type", **old}

    said = "Meta says: Unsupported message type: Message type is not currently supported"
    assert said in error_from_webhook(error).cause
    assert "Message type is not currently supported" in refused(131051, **old).cause
    [reported] = read_errors([error])
    assert reported.details == "Message type is not currently supported"
