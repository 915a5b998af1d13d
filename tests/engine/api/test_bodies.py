"""Bodies as strangers write them: reading one takes time in proportion to its length."""

from __future__ import annotations

import json
import time

import pytest

from appmixer.engine.contract import RejectedError
from appmixer.engine.strict_json import read_json

from ...machine import slowness

# What may keep everything else waiting, and five times that on a machine with other work.
LONGEST_S = 5 * 0.05


def seconds_of(body: bytes) -> float:
    """Read it, whatever comes of it, and return how long that took the processor."""
    began = time.thread_time()
    with pytest.raises((RejectedError, json.JSONDecodeError)):
        read_json(body)
    return time.thread_time() - began


@pytest.mark.parametrize(
    "body",
    [
        b'"' + rb"\"" * 20_000 + b"1" * 400,
        b'"' + rb"\"" * 20_000 + b"\\\n" + b"1" * 400,
        b"1" * 400 + b'"' + rb"\"" * 20_000 + b"\\",
        b"," * 50_001 + b'"' + rb"\"" * 20_000,
    ],
    ids=["never closed", "a line break", "a backslash at the end", "many values"],
)
def test_a_text_that_is_not_closed_is_looked_at_once(body: bytes) -> None:
    assert seconds_of(body) < LONGEST_S * slowness()


def test_a_long_name_is_not_written_anew_for_each_value_below_it() -> None:
    body = json.dumps({"k" * 1_800_000: [0] * 49_000 + ["\0"]}).encode()

    assert seconds_of(body) < LONGEST_S * slowness()
    with pytest.raises(RejectedError) as caught:
        read_json(body)
    assert caught.value.field == "k" * 100 + "….49000"
