"""What a field's dropdown offers: found once, kept for a minute, then searched and paged here."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from ..contract import (
    Choices,
    NothingToChooseError,
    Option,
    ThrottledError,
    choices_of,
)
from ..errors import NotFoundError
from ..flows.component_types import ComponentTypes
from ..flows.expressions import has_expression
from ..flows.flows import Flows
from ..flows.inputs import MAX_INPUT_VALUES, has_more_values
from ..flows.models import Fault, FlowComponent, InputFaults
from ..flows.places import Place
from .contexts import EngineContext, Services

KEPT_S = 60.0
PAGE = 100
# Nobody scrolls further, and whoever searches a longer list for something types it.
MAX_CHOICES = 5_000
# Of all lists that are kept: those that were asked for last. A list counts as its characters, and
# so many more for each option and for itself.
MAX_KEPT_CHARS = 20_000_000
CHARS_BESIDE = 200
# Whoever fills in a form does not wait for longer.
PATIENCE_S = 20.0
# What is chosen from is nobody's step, and has no state.
CHOOSING = "choosing"

Key = tuple[object, ...]


@dataclass(frozen=True)
class Found:
    """The choices of a field, or why there are none."""

    options: Sequence[Option] = ()
    is_cut: bool = False
    nothing: NothingToChooseError | None = None
    until: float = 0.0
    chars: int = 0


@dataclass
class Choosing:
    """Choices for all owners; every call names the owner, and uses nobody else's account."""

    services: Services
    flows: Flows
    types: ComponentTypes
    _kept: OrderedDict[Key, Found] = field(default_factory=OrderedDict[Key, Found])
    _finding: WeakValueDictionary[Key, asyncio.Lock] = field(
        default_factory=WeakValueDictionary[Key, asyncio.Lock]
    )
    _chars: int = 0

    async def choices(
        self,
        owner_id: str,
        name: str,
        field: str,
        *,
        account: str | None,
        values: Mapping[str, Any],
        search: str = "",
        after: int = 0,
    ) -> dict[str, Any]:
        """Return a page of what a field offers that fits the search, or why there is nothing.

        Raises ConnectorError for whatever keeps the service from telling.
        """
        choices = await self._choices(name, field)
        if has_more_values(values, MAX_INPUT_VALUES):
            raise InputFaults([Fault("input", f"It holds more than {MAX_INPUT_VALUES:,} values.")])
        place = await self.flows.place(
            owner_id, CHOOSING, CHOOSING, FlowComponent(type=name, account=account)
        )
        found = await self._found(choices, place, values)
        fitting = [each for each in found.options if _fits(each, search)]
        page = fitting[after : after + PAGE]
        return {
            "options": [_shown(each) for each in page],
            "next": after + PAGE if len(fitting) > after + PAGE else None,
            "explanation": _shown_explanation(_explanation(found, fitting, search)),
        }

    async def _choices(self, name: str, field: str) -> Choices:
        if name not in self.types:
            raise NotFoundError(f"There is no component {name!r}; see `appmixer components`.")
        await self.types.load([name])
        model = self.types[name].model
        having = choices_of(model) if model is not None else {}
        if field not in having:
            known = ", ".join(having) or "none"
            raise NotFoundError(f"{name} has no choices for {field!r}; it has them for: {known}.")
        return having[field]

    async def _found(self, choices: Choices, place: Place, values: Mapping[str, Any]) -> Found:
        decisive = choices.decisive(values)
        for name, value in decisive.items():
            if has_expression(value):
                return Found(nothing=_not_known_yet(name))
        key = _key(choices, place, decisive)
        # Those who want the same wait for whoever has asked first.
        async with self._finding.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is None or kept.until <= self.services.storage.clock.elapsed:
                kept = await self._ask(choices, place, decisive)
                self._keep(key, kept)
            self._kept.move_to_end(key)
            return kept

    async def _ask(self, choices: Choices, place: Place, decisive: Mapping[str, Any]) -> Found:
        context = EngineContext(self.services, place)
        options: list[Option] = []
        nothing: NothingToChooseError | None = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                options = await choices.first(context, decisive, at_most=MAX_CHOICES + 1)
        except NothingToChooseError as error:
            nothing = error
        except TimeoutError:
            raise ThrottledError(
                "The list takes too long",
                f"The service has not told all of it within {PATIENCE_S:g} seconds.",
                "Try again, or type what it would offer.",
            ) from None
        until = self.services.storage.clock.elapsed + KEPT_S
        shown = options[:MAX_CHOICES]
        return Found(
            options=shown,
            is_cut=len(options) > len(shown),
            nothing=nothing,
            until=until,
            chars=CHARS_BESIDE + sum(map(_chars, shown)),
        )

    def _keep(self, key: Key, found: Found) -> None:
        former = self._kept.pop(key, Found())
        self._kept[key] = found
        self._chars += found.chars - former.chars
        while self._chars > MAX_KEPT_CHARS and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._chars -= oldest.chars


def _key(choices: Choices, place: Place, decisive: Mapping[str, Any]) -> Key:
    account = place.account
    whose = (account.id, account.profile, account.settings) if account else ()
    decides = json.dumps([whose, decisive], sort_keys=True).encode()
    return (place.connector, choices.find, place.owner_id, hashlib.sha256(decides).digest())


def _chars(option: Option) -> int:
    texts = (option.value, option.label, option.hint, option.badge)
    return CHARS_BESIDE + sum(map(len, texts))


def _fits(option: Option, search: str) -> bool:
    said = f"{option.label} {option.value} {option.hint} {option.badge}".casefold()
    return all(word in said for word in search.casefold().split())


def _explanation(
    found: Found, fitting: Sequence[Option], search: str
) -> NothingToChooseError | None:
    if found.nothing is not None:
        return found.nothing
    if not found.options:
        return NothingToChooseError(
            "There is nothing to choose from", "The service has none of it."
        )
    if not fitting:
        return NothingToChooseError(
            f"Nothing here is called {search!r}",
            f"None of the {len(found.options):,} that are listed has all of these words.",
            "Search for less of it, or type its value.",
        )
    if found.is_cut:
        return NothingToChooseError(
            f"Only the first {MAX_CHOICES:,} are listed",
            "The service has more of them.",
            "Type the value of one that is not here.",
        )
    return None


def _not_known_yet(name: str) -> NothingToChooseError:
    return NothingToChooseError(
        f"What there is to choose from depends on {name}",
        "An expression stands there, whose value only a run knows.",
        "Write it out to choose here, or type or map this value as well.",
        name,
    )


def _shown(option: Option) -> dict[str, Any]:
    return {
        "value": option.value,
        "label": option.label,
        "hint": option.hint,
        "badge": option.badge,
        "state": option.state,
        "isDisabled": option.is_disabled,
    }


def _shown_explanation(error: NothingToChooseError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {
        "title": error.title,
        "cause": error.cause,
        "cure": error.cure,
        "field": error.field,
    }
