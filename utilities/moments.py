"""Moments and lengths of time, as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from appmixer.engine.contract import RejectedError

from .rules import moment

Unit: TypeAlias = Literal["seconds", "minutes", "hours", "days"]
UNITS: Mapping[Unit, float] = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}


def zone_named(name: str, *, field: str) -> ZoneInfo:
    """Return a time zone; raise RejectedError."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder of the database, a path, or nothing
        raise RejectedError(
            "There is no such time zone",
            f"{name!r} is no name of one.",
            "Use a name such as Europe/Berlin or UTC.",
            field,
        ) from None


def moment_in(value: Any, zone: ZoneInfo, *, field: str) -> float:
    """Return a moment as seconds since 1970, read in the zone where it names no offset.

    Raises RejectedError.
    """
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is not None and found.tzinfo is None:
        return found.replace(tzinfo=zone).timestamp()
    return moment(value, field)
