"""How much one owner may have, each limit a variable of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from .contract import ConfigurationError
from .errors import ConflictError

PREFIX = "APPMIXER_MAX_"
# What a database takes for a whole number has as many, and no limit needs more.
MAX_DIGITS = 18
# What a limit counts, where its name is no word for it.
WORDS = {
    "file_total_bytes": "bytes of files",
    "waits": "steps that wait",
    "open_requests": "open requests",
    "stored_values": "stored values",
}


@dataclass(frozen=True)
class Limits:
    """The limits of each owner, chain of runs (`chain`), run (`side_by_side`), or step."""

    flows: int = 1_000
    # Of each flow; older ones are forgotten, but never one that runs or has runs.
    versions: int = 100
    # One more file is taken as long as those before it have not reached this.
    file_total_bytes: int = 10 * 1024**3
    streams: int = 20
    # Steps that wait for an event or a time: a broadcast to 100,000 people fits several times.
    waits: int = 1_000_000
    schedules: int = 10_000
    hooks: int = 1_000
    # Requests to them that are being answered, in each process.
    open_requests: int = 100
    chain: int = 5
    # Values of the lists of one run that are worked on at a time.
    side_by_side: int = 16
    # Values that one step may give.
    list_values: int = 100_000
    # Entries that the steps of all flows keep for one another.
    stored_values: int = 100_000

    def check(self, name: str, present: int) -> None:
        """Raise ConflictError, which names the limit, when no more may be added."""
        allowed: int = getattr(self, name)
        if present >= allowed:
            what = WORDS.get(name, name)
            raise ConflictError(
                "The limit is reached",
                f"Each owner may have {allowed:,} {what}, and you have {present:,}.",
                f"Remove some, or ask the administrator to raise {PREFIX}{name.upper()}.",
            )


def read_limits(environment: Mapping[str, str]) -> Limits:
    """Return the limits; raise ConfigurationError for one that is no positive whole number."""
    given: dict[str, int] = {}
    for each in fields(Limits):
        variable = PREFIX + each.name.upper()
        text = environment.get(variable, "").strip()
        if not text:
            continue
        if not text.isdecimal() or len(text) > MAX_DIGITS or int(text) < 1:
            raise ConfigurationError(
                f"{variable} cannot be used",
                f"It is {text[:MAX_DIGITS]!r}, and has to be a whole number from 1.",
                "Correct it, or remove it for the default.",
                variable,
            )
        given[each.name] = int(text)
    return Limits(**given)
