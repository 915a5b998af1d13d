"""Checking documents of any size, while whoever else asks goes on being answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..contract import Form
from .asked_forms import AskedForms
from .documents import find_faults, find_warnings
from .models import ComponentType, Fault, FlowDocument, FlowFaults
from .sealed_inputs import hidden_faults, with_hidden

T = TypeVar("T")


@dataclass(frozen=True)
class Checked:
    """A document with every fault; what is likely a mistake is told where there is no fault."""

    raw: Any = field(repr=False)
    document: FlowDocument | None
    faults: Sequence[Fault]
    warnings: Sequence[Fault]
    forms: Mapping[str, Form]

    def without_faults(self) -> FlowDocument:
        """Return the document; raise FlowFaults."""
        if self.document is None or self.faults:
            raise FlowFaults([*self.faults])
        return self.document


@dataclass(frozen=True)
class DocumentChecks:
    """The checks of one engine."""

    types: Mapping[str, ComponentType]
    forms: AskedForms
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(
        self, owner_id: str, raw: object, kept: Sequence[Mapping[str, Any]] = ()
    ) -> Checked:
        """Return a document with its faults; a hidden secret stands for the one in `kept`.

        Of forms that services decide on, those count that were asked for not long ago.
        """
        forms = await self.forms.kept(owner_id, raw)
        return await self.in_turn(lambda: self._check(raw, kept, forms))

    async def in_turn(self, work: Callable[[], T]) -> T:
        """Do what takes as long as a document is large."""
        # One at a time: many large documents together would leave no thread for anything else.
        async with self._turn:
            return await asyncio.to_thread(work)

    def _check(
        self, raw: object, kept: Sequence[Mapping[str, Any]], forms: Mapping[str, Form]
    ) -> Checked:
        raw = with_hidden(raw, kept, self.types)
        document, faults = find_faults(raw, self.types, forms)
        faults = [*faults, *hidden_faults(raw, self.types)]
        if document is None or faults:
            return Checked(raw, document, faults, [], forms)
        return Checked(raw, document, [], find_warnings(document, self.types, forms), forms)
