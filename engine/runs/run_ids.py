"""How runs that events start are named, so that nothing starts the same one twice."""

from __future__ import annotations

import hashlib


def run_id_of(connector: str, event_id: str, flow_key: str, component: str, again: str = "") -> str:
    """Return the id of the run that an event starts; `again` tells replays from it."""
    what = "|".join([connector, event_id, flow_key, component, again])
    return hashlib.sha256(what.encode()).hexdigest()[:32]
