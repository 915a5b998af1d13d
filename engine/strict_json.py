"""JSON that somebody sends, or keeps in a file: what JSON, UTF-8 and every database can hold."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from .contract import RejectedError
from .values import cut, is_list, is_object

# Deeper than any flow, and less deep than what the libraries behind here give up at.
MAX_DEPTH = 100
# Reading JSON is native code that keeps everything else waiting: this much takes it some 20 ms.
MAX_VALUES = 50_000
UNREADABLE = "The request cannot be read"
# It takes one that is never closed whole: else each quote in it would be a start of its own.
_STRING = re.compile(rb'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)
# What takes the time of its square to turn into a number; no number of anybody's is as long.
_LONG_NUMBER = re.compile(rb"(?<![0-9])[0-9]{400}")


def read_json(body: bytes) -> Any:
    """Return what a text says; raise JSONDecodeError for no JSON, RejectedError for the rest.

    Python reads more than JSON has, and what is stored once would break whoever reads it later.
    """
    # Marks in texts look like values, so they are only left out where the count is high.
    if _marks(body) > MAX_VALUES and _marks(_STRING.sub(b"", body)) > MAX_VALUES:
        cause = f"It holds more than {MAX_VALUES:,} values."
        raise RejectedError(UNREADABLE, cause, "Send less at a time.")
    if _LONG_NUMBER.search(body) and _LONG_NUMBER.search(_STRING.sub(b"", body)):
        raise _long_number()
    try:
        content = json.loads(body.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise RejectedError(UNREADABLE, "It is not UTF-8 text.", "Send JSON in UTF-8.") from None
    except RecursionError:
        raise _too_deep("") from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise _long_number() from None
    _check(content, "", MAX_DEPTH)
    return content


def _marks(body: bytes) -> int:
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _long_number() -> RejectedError:
    return RejectedError(UNREADABLE, "It holds a number that is too long.", "Send it as text.")


def _check(value: Any, path: str, levels_left: int) -> None:
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, float) and not math.isfinite(value):
        raise RejectedError(UNREADABLE, "The number is too large.", "Send a smaller one.", path)
    elif levels_left == 0:
        if is_object(value) or is_list(value):
            raise _too_deep(path)
    elif is_object(value):
        for key, item in value.items():
            _check_text(key, path)
            name = cut(key)
            _check(item, f"{path}.{name}" if path else name, levels_left - 1)
    elif is_list(value):
        for index, item in enumerate(value):
            _check(item, f"{path}.{index}" if path else str(index), levels_left - 1)


def _check_text(text: str, path: str) -> None:
    is_whole = "\0" not in text
    if is_whole and not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            is_whole = False
    if not is_whole:
        cause = "The text holds a NUL character or half of a character pair."
        raise RejectedError(UNREADABLE, cause, "Remove it and send the request again.", path)


def _too_deep(path: str) -> RejectedError:
    cause = f"Its values are nested more than {MAX_DEPTH} levels deep."
    return RejectedError(UNREADABLE, cause, "Send flatter values.", path[:MAX_DEPTH])


def _refuse_constant(name: str) -> None:
    raise RejectedError(UNREADABLE, f"{name} is no JSON.", "Send a number, or null.")
