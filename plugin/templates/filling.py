"""A template as a message: held against its definition, filled in, and as Meta takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appmixer.engine.contract import ActionContext, Json, JsonObject, RejectedError

from ..foreign_json.shapes import as_text
from ..ledgers.proven_numbers import SenderNumber
from ..media.references import media_object
from .blank import blank_of
from .components import build_components, with_flows
from .definitions import (
    confirmed_template,
    find_template,
    languages_of,
    read_definition,
    read_template,
)
from .faults import missing_from
from .forms import no_such_template
from .parameters import EarlierParameters
from .slots import PARAMETERS
from .standing import standing_fault

# What Meta answers to a template of another category as a marketing message.
NOT_MARKETING = 134100
Components = list[dict[str, Json]]


@dataclass(frozen=True)
class Filling:
    """Which template, and what it is filled in with: by its form, by Meta's array, or as earlier.

    `category` is the one that it has to have, where only such ones may be sent.
    """

    name: str
    language: str
    parameters: Mapping[str, Any] | None = None
    components: Sequence[Mapping[str, Any]] | None = None
    earlier: EarlierParameters | None = None
    category: str | None = None

    async def message(self, context: ActionContext, sender: SenderNumber) -> JsonObject:
        """Return the message, once the template as it was read last allows it, or read again.

        Raises RejectedError, with the field, for a template that is paused, rejected or otherwise
        out of use, and for what does not fit it.
        """
        template: dict[str, Json] = {"name": self.name, "language": {"code": self.language}}
        if components := await _Sending(context, self, sender).components():
            template["components"] = components
        return {"type": "template", "template": template}


@dataclass(frozen=True)
class _Sending:
    """One send of it."""

    context: ActionContext
    given: Filling
    sender: SenderNumber

    async def components(self) -> Components:
        place = (self.sender.waba_id, self.given.name, self.given.language)
        node = await find_template(self.context, *place)
        try:
            return await self._filled_in(node)
        except RejectedError:
            # It may have changed since it was remembered.
            again = await confirmed_template(self.context, *place)
            if again == node:
                raise
            return await self._filled_in(again)

    async def _filled_in(self, node: Mapping[str, Any] | None) -> Components:
        fault = None if node is None else standing_fault(node) or self._category_fault(node)
        if fault is not None:
            raise fault
        given = self.given
        ways = [given.parameters, given.components, given.earlier]
        if sum(bool(each) for each in ways) > 1:
            raise RejectedError(
                "The parameters are given twice",
                "The template is filled in by its form, and in another way as well.",
                "Keep the form alone, or empty it.",
                PARAMETERS if given.parameters else "components",
            )
        if given.components is None and given.earlier is None:
            return await self._by_form(node)
        return self._by_hand(node)

    def _category_fault(self, node: Mapping[str, Any]) -> RejectedError | None:
        found = as_text(node.get("category"))
        category = self.given.category
        if category in (None, found) or not found:
            return None
        return RejectedError(
            f"The template {self.given.name} is none of the category {category}",
            f"It has the category {found}.",
            "Send it with Send Template Message, or choose another template.",
            "templateName",
            NOT_MARKETING,
        )

    async def _by_form(self, node: Mapping[str, Any] | None) -> Components:
        parameters = self.given.parameters or {}
        place = (self.sender.waba_id, self.given.name)
        if node is None and parameters:
            # What keeps it from being read is told: without it, nobody knows where values belong.
            node = await read_template(self.context, *place, self.given.language)
            if node is None:
                found = await languages_of(self.context, *place)
                raise no_such_template(self.given.name, self.given.language, found)
        if node is None:
            return []
        blank = blank_of(node)
        values = blank.read(parameters)
        # Nothing is uploaded for what is refused afterwards.
        blank.build({**values, **{slot.key: {} for slot in blank.slots if slot.media}}, self._now)
        for slot in blank.slots:
            if slot.media and slot.key in values:
                field = f"{PARAMETERS}.{slot.key}"
                values[slot.key] = await media_object(
                    self.context, self.sender, values[slot.key], slot.media, field=field
                )
        return blank.build(values, self._now)

    def _by_hand(self, node: Mapping[str, Any] | None) -> Components:
        definition = None if node is None else read_definition(node)
        if self.given.components is not None:
            components = with_flows([dict(each) for each in self.given.components], definition)
        else:
            assert self.given.earlier is not None
            components = build_components(self.given.earlier, definition, self._now)
        fault = None if definition is None else missing_from(components, definition)
        if fault is not None:
            raise fault
        return components

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.context.clock.now, UTC)
