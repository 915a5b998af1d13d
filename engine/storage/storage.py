"""What every service keeps things with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..contract import Clock
from .readers import Readers
from .seal import Seal
from .writer import Writer


@dataclass(frozen=True)
class Storage:
    """Reads, commits, the seal of what nobody may read at rest, and what time it is."""

    readers: Readers
    writer: Writer
    seal: Seal
    clock: Clock

    async def rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[Any]]:
        """Read without blocking the loop; raise DatabaseTimeout when nothing comes back."""
        return await self.readers.rows(query)
