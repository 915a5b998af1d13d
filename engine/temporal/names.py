"""How what Temporal keeps is named: derived from our ids, and telling of nobody.

A conversation's key has the numbers of people in it, so its name is a digest with the key of the
stored secrets, which all processes on a database share and Temporal does not know.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..storage.seal import Seal

PREFIX = "appmixer"


@dataclass(frozen=True)
class Names:
    """The names of one installation; others may be in the same namespace."""

    seal: Seal

    @property
    def installation(self) -> str:
        return self.seal.digest("installation")[:12]

    @property
    def task_queue(self) -> str:
        return f"{PREFIX}-{self.installation}"

    def conversation(self, order_key: str) -> str:
        digest = self.seal.digest(f"conversation {order_key}")[:32]
        return f"{PREFIX}-{self.installation}-conversation-{digest}"

    def wait(self, segment_id: str) -> str:
        return f"{PREFIX}-{self.installation}-wait-{segment_id}"

    def schedules(self, at: str) -> str:
        return f"{PREFIX}-{self.installation}-schedules-{at}"
