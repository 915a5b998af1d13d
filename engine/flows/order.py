"""Which steps and outputs of a document lie on the paths to a step: on any of them, or on all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from .models import ComponentType, FlowComponent, FlowDocument
from .words import names

# A step that has run, and the port at which its value went on.
Output = tuple[str, str]


@dataclass
class Check:
    """A document under check. Sets of steps and of outputs are numbers of one bit each."""

    document: FlowDocument
    types: Mapping[str, ComponentType]
    # Of steps that have a form which is known: what it makes of their component.
    formed: Mapping[str, ComponentType] = field(default_factory=dict[str, ComponentType])
    # Steps whose ports depend on a form which is not known.
    open_ports: Set[str] = frozenset()
    bits: Mapping[str, int] = field(init=False)
    outputs: Mapping[Output, int] = field(init=False)
    ports: Mapping[str, list[str]] = field(init=False)
    before: Mapping[str, int] = field(init=False)
    surely_before: Mapping[str, int] = field(init=False)
    circular: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        components = self.document.components
        self.bits = {key: 1 << place for place, key in enumerate(components)}
        arrivals = {key: [*self._arrivals(each)] for key, each in components.items()}
        found = dict.fromkeys(output for each in arrivals.values() for output in each)
        self.outputs = {output: 1 << place for place, output in enumerate(found, len(self.bits))}
        self.ports = {key: [] for key in components}
        for step, port in found:
            self.ports[step].append(port)
        both = {
            key: [(step, self.bits[step] | self.outputs[step, port]) for step, port in each]
            for key, each in arrivals.items()
        }
        self.before, self.surely_before, self.circular = _order(both)

    def _arrivals(self, component: FlowComponent) -> Iterator[Output]:
        """Yield the outputs that lead to a step; those that are no ports are all alike."""
        for earlier, ports in component.source.get("in", {}).items():
            if earlier in self.bits:
                kind = self.type_of(earlier)
                known = kind.ports if kind else ()
                yield from dict.fromkeys(
                    (earlier, port if port in known else "") for port in ports or [""]
                )

    def comes_before(self, earlier: str, key: str) -> bool:
        return bool(self.before[key] & self.bits.get(earlier, 0))

    def surely_comes_before(self, earlier: str, key: str) -> bool:
        """Say whether the earlier step has run whenever this one does."""
        return bool(self.surely_before[key] & self.bits[earlier])

    def surely_came_by(self, earlier: str, port: str, key: str) -> bool:
        """Say whether the earlier step's value at this port is there whenever this step runs."""
        return bool(self.surely_before[key] & self.outputs.get((earlier, port), 0))

    def ports_to(self, earlier: str, key: str) -> list[str]:
        """Return the ports of the earlier step from which a path leads to this one."""
        before = self.before[key]
        return [port for port in self.ports[earlier] if before & self.outputs[earlier, port]]

    def steps_before(self, key: str) -> str:
        return names(sorted(each for each in self.bits if self.comes_before(each, key))) or "none"

    def type_of(self, key: str) -> ComponentType | None:
        return self.formed.get(key) or self.types.get(self.document.components[key].type)


def _order(
    arrivals: Mapping[str, list[tuple[str, int]]],
) -> tuple[dict[str, int], dict[str, int], frozenset[str]]:
    """Return for each step what lies on any path to it and what on all, and who stands in a circle.

    An arrival is the step that it comes from, and the bits of that step and of its output.
    """
    sources = {key: [*dict.fromkeys(step for step, _ in each)] for key, each in arrivals.items()}
    followers: dict[str, list[str]] = {key: [] for key in sources}
    open_sources = {key: len(earlier) for key, earlier in sources.items()}
    for key, earlier in sources.items():
        for each in earlier:
            followers[each].append(key)
    before = dict.fromkeys(sources, 0)
    surely = dict.fromkeys(sources, 0)
    free = [key for key, count in open_sources.items() if count == 0]
    while free:
        done = free.pop()
        del open_sources[done]
        common = -1 if arrivals[done] else 0
        for step, bits in arrivals[done]:
            before[done] |= before[step] | bits
            common &= surely[step] | bits
        surely[done] = common
        for key in followers[done]:
            open_sources[key] -= 1
            if open_sources[key] == 0:
                free.append(key)
    for key in open_sources:
        for step, bits in arrivals[key]:
            before[key] |= before[step] | bits
        # The circle is the fault; what it leads to is not told besides.
        surely[key] = before[key]
    return before, surely, _on_circles(set(open_sources), sources, followers)


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
