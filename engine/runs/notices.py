"""Who is told what happens, as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Notices(Protocol):
    """Who is told of runs and their steps."""

    def tell_run(self, owner_id: str, run_id: str, flow_id: str, state: str) -> None: ...
    def tell_step(self, owner_id: str, flow_id: str, row: Mapping[str, Any]) -> None: ...
