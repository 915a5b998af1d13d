"""Which steps of a document run before which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .models import ComponentType, FlowDocument
from .words import names


@dataclass
class Check:
    """A document under check. Which steps run before which is a number of one bit a step."""

    document: FlowDocument
    types: Mapping[str, ComponentType]
    bits: Mapping[str, int] = field(init=False)
    before: Mapping[str, int] = field(init=False)
    circular: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.bits = {key: 1 << place for place, key in enumerate(self.document.components)}
        self.before, self.circular = _order(self.document, self.bits)

    def comes_before(self, earlier: str, key: str) -> bool:
        return bool(self.before[key] & self.bits.get(earlier, 0))

    def steps_before(self, key: str) -> str:
        return names(sorted(each for each in self.bits if self.comes_before(each, key))) or "none"

    def type_of(self, key: str) -> ComponentType | None:
        return self.types.get(self.document.components[key].type)


def _order(
    document: FlowDocument, bits: Mapping[str, int]
) -> tuple[dict[str, int], frozenset[str]]:
    """Return for each step those before it, and the steps that stand on or behind a circle."""
    sources = {
        key: [each for each in component.source.get("in", {}) if each in bits]
        for key, component in document.components.items()
    }
    followers: dict[str, list[str]] = {key: [] for key in sources}
    open_sources = {key: len(earlier) for key, earlier in sources.items()}
    for key, earlier in sources.items():
        for each in earlier:
            followers[each].append(key)
    before = dict.fromkeys(sources, 0)
    free = [key for key, count in open_sources.items() if count == 0]
    while free:
        done = free.pop()
        del open_sources[done]
        for key in followers[done]:
            before[key] |= before[done] | bits[done]
            open_sources[key] -= 1
            if open_sources[key] == 0:
                free.append(key)
    for key in open_sources:
        for each in sources[key]:
            before[key] |= before[each] | bits[each]
    return before, _on_circles(set(open_sources), sources, followers)


def _on_circles(
    left: set[str], sources: Mapping[str, list[str]], followers: Mapping[str, list[str]]
) -> frozenset[str]:
    """Return the steps without those that only come after a circle."""
    open_followers = {key: sum(each in left for each in followers[key]) for key in left}
    free = [key for key, count in open_followers.items() if count == 0]
    while free:
        done = free.pop()
        left.discard(done)
        for each in sources[done]:
            if each in left:
                open_followers[each] -= 1
                if open_followers[each] == 0:
                    free.append(each)
    return frozenset(left)
