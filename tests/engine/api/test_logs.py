"""Log lines: JSON for machines, and no secret in them."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path

from appmixer.engine.contract.manifest import Secrets
from appmixer.engine.contract.redaction import HIDDEN, Redaction
from appmixer.engine.observe.logs import get_log


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


def test_hides_what_a_manifest_calls_secret() -> None:
    stream = io.StringIO()
    redaction = Redaction([Secrets(parameters=["sesame"], patterns=["SES-[0-9]+"])])

    get_log("engine", stream, redaction).info(
        "called", Sesame="one", url="/door?sesame=open", tokens=["SES-1"], why="it says SES-22."
    )

    line = json.loads(stream.getvalue())
    assert (line["Sesame"], line["url"], line["tokens"], line["why"]) == (
        HIDDEN,
        f"/door?sesame={HIDDEN}",
        [HIDDEN],
        f"it says {HIDDEN}.",
    )


def test_hides_secrets_in_tracebacks() -> None:
    stream = io.StringIO()

    try:
        raise ValueError("GET /me?access_token=one-secret failed")
    except ValueError as error:
        get_log("engine", stream).error("failed", exc_info=error)

    assert "ValueError" in stream.getvalue()
    assert "one-secret" not in stream.getvalue()


def test_a_full_disk_does_not_stop_whoever_logs() -> None:
    stream = io.StringIO()
    with Path("/dev/full").open("w", buffering=1) as full:
        get_log("engine", full).error("lost")
        with suppress(OSError):
            full.close()

    get_log("engine", stream).info("kept")

    assert json.loads(stream.getvalue())["event"] == "kept"
