"""Whether Meta takes and delivers what a number sends now, as Meta's `health_status` tells it.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/health-status
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Any, Literal

from appmixer.engine.contract import Check, ConnectorError

from ..foreign_json.shapes import as_id, as_int, as_object, as_objects, as_text, as_texts
from ..graph.account import AccountGraph
from ..graph.ids import graph_id
from .callbacks import Number, Wiring

# Whoever looks at a run again and again asks Meta only so often.
KEPT_S = 60.0
MAX_KEPT = 1_000
# Who has more numbers sees the others in WhatsApp Manager.
MAX_ASKED = 20
SUBJECTS = {
    "PHONE_NUMBER": "Phone number",
    "WABA": "WhatsApp Business Account",
    "BUSINESS": "Business portfolio",
    "APP": "Meta app",
}
# Meta's page lists no codes of these errors; where this one is not used, the words tell.
PAYMENT_CODE, PAYMENT_WORD = 141006, "payment"
PAY = "Add or repair the payment method of the WhatsApp Business Account in Meta Business Suite."


@dataclass(frozen=True)
class Hindrance:
    """Something that keeps a number from sending, or limits it, in Meta's words."""

    kind: str
    entity_id: str
    is_blocking: bool
    text: str
    cure: str = ""
    is_payment: bool = False

    def check(self, name: str) -> Check:
        """Return what people should know of it."""
        subject = f"{SUBJECTS.get(self.kind, self.kind.lower())} {self.entity_id}"
        state: Literal["advice", "fault"] = "fault" if self.is_blocking else "advice"
        if self.is_payment:
            finding = f"{subject} has no payment method that works. Meta says: {self.text}"
            since = "Since October 2026 Meta charges for free text too, and drops it without one."
            return Check(name, state, f"{finding} {since}", PAY)
        doing = "may not send" if self.is_blocking else "is limited in sending"
        cure = self.cure or "Look at it in WhatsApp Manager."
        return Check(name, state, f"{subject} {doing}. Meta says: {self.text}", cure)


@dataclass(frozen=True)
class Health:
    """What stands in a number's way; one for tests reaches only people on its list."""

    hindrances: tuple[Hindrance, ...] = ()
    is_for_tests: bool = False


async def read_health(graph: AccountGraph, number_id: str) -> Health:
    """Ask Meta about a number, its business account, portfolio and app."""
    node = await graph.get(graph_id(number_id), {"fields": "health_status,account_mode"})
    entities = as_objects(as_object(node.get("health_status")).get("entities"))
    found = tuple(each for entity in entities for each in _hindrances(entity))
    return Health(found, as_text(node.get("account_mode")) == "SANDBOX")


def _hindrances(entity: Mapping[str, Any]) -> Iterator[Hindrance]:
    state = as_text(entity.get("can_send_message"))
    if state not in ("BLOCKED", "LIMITED"):
        return
    kind, entity_id = as_text(entity.get("entity_type")), as_id(entity.get("id"))
    is_blocking = state == "BLOCKED"
    told = [
        (as_text(each.get("error_description")), as_text(each.get("possible_solution")), each)
        for each in as_objects(entity.get("errors"))
    ]
    told += [(text, "", {}) for text in as_texts(entity.get("additional_info"))]
    for text, cure, error in told or [("no reason is given.", "", {})]:
        is_coded = as_int(error.get("error_code")) == PAYMENT_CODE
        is_payment = is_coded or PAYMENT_WORD in text.lower()
        yield Hindrance(kind, entity_id, is_blocking, text or "no reason.", cure, is_payment)


async def check_sending(wiring: Wiring, graph: AccountGraph, *, matters: bool) -> list[Check]:
    """Ask Meta whether the registered numbers of a WABA may send."""
    numbers = [each for each in wiring.numbers if each.is_registered][:MAX_ASKED]
    found = await asyncio.gather(*(_of_number(graph, each) for each in numbers))
    checks = list(chain.from_iterable(found))
    if numbers and not checks:
        return [Check(f"sending {wiring.waba_id}", "fine", "Meta lets its numbers send.")]
    return checks if matters else [replace(each, state="advice") for each in checks]


async def _of_number(graph: AccountGraph, number: Number) -> list[Check]:
    name = f"sending {number.shown}"
    try:
        health = await read_health(graph, number.id)
    except ConnectorError as error:
        finding = f"Meta does not tell whether it may send: {error.title.rstrip('.')}."
        return [Check(name, "advice", f"{finding} {error.cause}".strip(), error.cure)]
    return [
        each.check(name if each.kind == "PHONE_NUMBER" else f"sending {each.entity_id}")
        for each in health.hindrances
    ]


@dataclass
class _Kept:
    health: Health = field(default_factory=Health)
    until: float = 0.0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class NumbersHealth:
    """The health of the numbers that somebody has asked for lately, by account and number."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], _Kept] = {}

    async def of(self, number_id: str, account_id: str, graph: AccountGraph) -> Health:
        """Return what Meta has said within the last minute, or says now."""
        if len(self._kept) >= MAX_KEPT and (account_id, number_id) not in self._kept:
            del self._kept[next(iter(self._kept))]
        kept = self._kept.setdefault((account_id, number_id), _Kept())
        async with kept.reading:
            if self._clock().timestamp() >= kept.until:
                kept.health = await read_health(graph, number_id)
                kept.until = self._clock().timestamp() + KEPT_S
            return kept.health
