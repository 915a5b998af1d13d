"""Meta's ids, as they may stand in a path of Graph's."""

from __future__ import annotations

import re

from appmixer.engine.contract import RejectedError

_ID = re.compile(r"[0-9]{1,40}", re.ASCII)


def graph_id(value: str, *, field: str = "") -> str:
    """Return the id if it can stand in a path; else raise RejectedError for the field."""
    if _ID.fullmatch(value):
        return value
    raise RejectedError(
        "This is no id of Meta's",
        "An id has digits only.",
        "Choose an entry from the list, or copy the id from WhatsApp Manager.",
        field,
    )
