"""Log lines: JSON for machines, and no secret in them."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path

import pytest

from appmixer.engine.observe.logs import HIDDEN, get_log, hide_secrets


def test_writes_json_with_the_part_that_speaks() -> None:
    stream = io.StringIO()

    get_log("engine", stream).info("started", port=8321)

    line = json.loads(stream.getvalue())
    assert {key: line[key] for key in ("part", "event", "level", "port")} == {
        "part": "engine",
        "event": "started",
        "level": "info",
        "port": 8321,
    }


def test_hides_values_whose_key_names_a_secret() -> None:
    stream = io.StringIO()

    get_log("engine", stream).info(
        "called",
        accessToken="one",
        nested={"client_secret": "two", "pin": "000000", "list": [{"Authorization": "three"}]},
        spinning=True,
        has_token=True,
    )

    line = json.loads(stream.getvalue())
    assert (line["accessToken"], line["spinning"], line["has_token"]) == (HIDDEN, True, True)
    assert line["nested"] == {
        "client_secret": HIDDEN,
        "pin": HIDDEN,
        "list": [{"Authorization": HIDDEN}],
    }


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer EAAGsecret",
        "https://host/path?access_token=EAAGsecret&x=1",
        "https://host/?token=EAAGsecret",
        "the token is EAAGsecretEAAGsecret",
        "app token 100000000000001|EAAGsecret",
        "callback?code=EAAGsecretEAAGsecret&state=1",
    ],
)
def test_hides_what_looks_like_a_secret(text: str) -> None:
    hidden = hide_secrets(text)

    assert "EAAGsecret" not in hidden
    assert HIDDEN in hidden


@pytest.mark.parametrize("text", ["code=131026", "wamid.HBgL", "phone number 106540352242922"])
def test_leaves_what_people_need(text: str) -> None:
    assert hide_secrets(text) == text


def test_hides_secrets_in_tracebacks() -> None:
    stream = io.StringIO()

    try:
        raise ValueError("GET /me?access_token=EAAGsecret failed")
    except ValueError as error:
        get_log("engine", stream).error("failed", exc_info=error)

    assert "ValueError" in stream.getvalue()
    assert "EAAGsecret" not in stream.getvalue()


def test_a_full_disk_does_not_stop_whoever_logs() -> None:
    stream = io.StringIO()
    with Path("/dev/full").open("w", buffering=1) as full:
        get_log("engine", full).error("lost")
        with suppress(OSError):
            full.close()

    get_log("engine", stream).info("kept")

    assert json.loads(stream.getvalue())["event"] == "kept"
