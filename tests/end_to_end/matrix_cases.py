"""Rows of the matrix as single sends: who sends to whom, and by what flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .matrix_behaviours import BEHAVIOURS, OF_ACCESS, Behaviour
from .matrix_rows import LEADING, POLICIES, Row

# A number of another account.
OTHER_NUMBER = "206540352242922"


@dataclass(frozen=True)
class Case:
    """One send to one person from one number; a row has one, or one for each order of statuses."""

    row: Row
    number: str
    person: str
    told: Sequence[str]

    @property
    def flow(self) -> str:
        return f"case-{self.person}"

    @property
    def does(self) -> Behaviour:
        return BEHAVIOURS[self.row.behaviour]

    @property
    def account(self) -> str:
        return "other" if self.row.behaviour in OF_ACCESS else "acme"

    @property
    def document(self) -> dict[str, Any]:
        begin: dict[str, Any] = {"type": "appmixer.utilities.OnStart", "input": {}}
        send = {
            "type": "appmixer.whatsapp.SendText",
            "account": self.account,
            "source": {"in": {"begin": ["started"]}},
            "input": {
                "phoneNumberId": self.number,
                "to": f"+{self.person}",
                "text": "Hello",
                **POLICIES[self.row.policy],
            },
        }
        components: dict[str, Any] = {"begin": begin, "send": send}
        for port in LEADING.get(self.row.policy, ()):
            components[f"on_{port}"] = {
                "type": "appmixer.utilities.SetValues",
                "source": {"in": {"send": [port]}},
                "input": {"values": [{"name": "seen", "value": True}]},
            }
        return {"name": str(self), "components": components}

    @property
    def needs_time(self) -> bool:
        """Say whether it ends only when the engine's clock has moved."""
        return self.does.needs_time or "timeout" in self.row.outcome.ports

    def __str__(self) -> str:
        return ", ".join([str(self.row), *self.told])


def cases_of(rows: Sequence[Row]) -> list[Case]:
    found: list[Case] = []
    for row in rows:
        for told in BEHAVIOURS[row.behaviour].orders:
            n = len(found)
            number = OTHER_NUMBER if row.behaviour in OF_ACCESS else f"3000000000{n:04d}"
            found.append(Case(row, number, f"1650558{n:04d}", told))
    return found
