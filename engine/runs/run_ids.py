"""How runs that events start are named, so that nothing starts the same one twice.

The event's number stands first: so the rows of those of one time stand side by side in each index,
and a commit writes as few pages when there are many runs as when there are few. An event is kept
while it has a run, so the number that it would get again is no other one.
"""

from __future__ import annotations

import hashlib


def run_id_of(
    seq: int, connector: str, event_id: str, flow_key: str, component: str, again: str = ""
) -> str:
    """Return the id of the run that an event starts; `again` tells replays from it."""
    number = f"{seq:x}"
    # Its length stands before it, so that ids ascend and yet differ in their first characters.
    digest = _digest(connector, event_id, flow_key, component, again)
    return f"{len(number):x}{number}{digest}"[:32]


def is_first(
    run_id: str, seq: int, connector: str, event_id: str, flow_key: str, component: str
) -> bool:
    """Say whether an event started the run when it came; else a replay of it did."""
    first = run_id_of(seq, connector, event_id, flow_key, component)
    # What runs of earlier releases have.
    alone = _digest(connector, event_id, flow_key, component, "")[:32]
    return run_id in (first, alone)


def _digest(*what: str) -> str:
    return hashlib.sha256("|".join(what).encode()).hexdigest()
