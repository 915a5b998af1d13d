"""Regular expressions that people write: bounded in time and memory, whatever they are.

RE2 looks at each character once, so that no pattern and no text can keep the process. It has no
look-around and no back-references: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import asyncio
from typing import Any

import re2  # pyright: ignore[reportMissingTypeStubs]  # it ships none

from appmixer.engine.contract import RejectedError

RE2: Any = re2

MAX_PATTERN_CHARS = 500
# Half a minute's work for the worst of patterns would be a million characters.
MAX_TEXT_CHARS = 10_000
MAX_BYTES = 1024 * 1024


def check(pattern: str) -> None:
    """Raise ValueError, with what is wrong, for what is no pattern or too large."""
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"the pattern has more than {MAX_PATTERN_CHARS} characters")
    try:
        RE2.compile(pattern, _options(ignore_case=False))
    except RE2.error as error:
        said: Any = error.args[0] if error.args else ""
        told = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"the pattern cannot be used: {told}") from None


async def is_found(pattern: str, text: str, *, ignore_case: bool, field: str) -> bool:
    """Say whether a part of the text fits; raise RejectedError for a text that is too long."""
    if len(text) > MAX_TEXT_CHARS:
        raise RejectedError(
            "The text is too long for a pattern",
            f"It has {len(text):,} characters; {MAX_TEXT_CHARS:,} are looked through.",
            "Cut it before, or look for a fixed text with contains.",
            field,
        )
    return await asyncio.to_thread(_search, pattern, text, ignore_case)


def _search(pattern: str, text: str, ignore_case: bool) -> bool:
    compiled = RE2.compile(pattern, _options(ignore_case=ignore_case))
    return compiled.search(text) is not None


def _options(*, ignore_case: bool) -> Any:
    options = RE2.Options()
    options.max_mem = MAX_BYTES
    options.log_errors = False
    options.case_sensitive = not ignore_case
    return options
