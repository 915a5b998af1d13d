"""Which steps and outputs of a document lie on the paths to a step: on any of them, or on all.

What a list leads to has run once for each of its values, so behind a step that collects it is not
to be seen: there, what stands above the list is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from .models import ComponentType, FlowComponent, FlowDocument
from .words import names

# A step that has run, and the port at which its value went on.
Output = tuple[str, str]
# Of lists within lists, those above so many are taken for one.
MAX_LEVELS = 16


@dataclass(frozen=True)
class _Arrival:
    """A step that leads to another; `bits` are its own and its output's.

    `opens` says that what leaves there is one value of a list.
    """

    step: str
    bits: int
    opens: bool


@dataclass(frozen=True)
class _Seen:
    """What is on any path to a step, and on all: here, and then above each list that it is in.

    A path that is in fewer lists than another has its last level for all further ones. `least` and
    `most` are the numbers of lists that the paths are in.
    """

    levels: tuple[tuple[int, int], ...] = ((0, 0),)
    least: int = 0
    most: int = 0

    def behind(self, arrival: _Arrival) -> _Seen:
        """Return what is seen behind an output of this step."""
        (any_path, all_paths), *above = self.levels
        here = any_path | arrival.bits, all_paths | arrival.bits
        if arrival.opens:
            levels = (here, *self.levels)[:MAX_LEVELS]
            return _Seen(levels, self.least + 1, self.most + 1)
        # Above the list, this step is seen as far as it is in none.
        on_any, on_all = arrival.bits * (self.least == 0), arrival.bits * (self.most == 0)
        outer = ((each[0] | on_any, each[1] | on_all) for each in above)
        return _Seen((here, *outer), self.least, self.most)

    def collected(self) -> _Seen:
        """Return the same above the innermost list."""
        levels = self.levels[1:] or self.levels
        return _Seen(levels, max(self.least - 1, 0), max(self.most - 1, 0))


def _merged(paths: Sequence[_Seen]) -> _Seen:
    levels: list[tuple[int, int]] = []
    for number in range(max(len(each.levels) for each in paths)):
        of_all = [each.levels[min(number, len(each.levels) - 1)] for each in paths]
        any_path, all_paths = 0, -1
        for on_any, on_all in of_all:
            any_path |= on_any
            all_paths &= on_all
        levels.append((any_path, all_paths))
    return _Seen(tuple(levels), min(each.least for each in paths), max(each.most for each in paths))


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
    # What has run, and what of it can be read: in between, a list may have been collected.
    earlier: Mapping[str, int] = field(init=False)
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
            key: [
                _Arrival(
                    step, self.bits[step] | self.outputs[step, port], self._gives_list(step, port)
                )
                for step, port in each
            ]
            for key, each in arrivals.items()
        }
        kinds = {key: self.type_of(key) for key in components}
        collecting = {key for key, kind in kinds.items() if kind is not None and kind.collects}
        self.earlier, seen, self.circular = _order(both, collecting)
        self.before = {key: each.levels[0][0] for key, each in seen.items()}
        self.surely_before = {key: each.levels[0][1] for key, each in seen.items()}

    def _arrivals(self, component: FlowComponent) -> Iterator[Output]:
        """Yield the outputs that lead to a step; those that are no ports are all alike."""
        for earlier, ports in component.source.get("in", {}).items():
            if earlier in self.bits:
                kind = self.type_of(earlier)
                known = kind.ports if kind else ()
                yield from dict.fromkeys(
                    (earlier, port if port in known else "") for port in ports or [""]
                )

    def _gives_list(self, step: str, port: str) -> bool:
        """Say whether it is certain that what leaves there is worked off one by one."""
        kind = self.type_of(step)
        return kind is not None and kind.gives_lists and port not in kind.last_ports

    def collected_by(self, step: str, key: str) -> list[str]:
        """Return what has collected the list between a step that has run and another."""
        bit = self.bits.get(step, 0)
        behind = self.earlier[key] | self.bits[key]
        return [
            each
            for each, own in self.bits.items()
            if behind & own and self.earlier[each] & bit and not self.before[each] & bit
            if (kind := self.type_of(each)) is not None and kind.collects
        ]

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
    arrivals: Mapping[str, list[_Arrival]], collecting: Set[str]
) -> tuple[dict[str, int], dict[str, _Seen], frozenset[str]]:
    """Return for each step what has run before it, what it sees, and who stands in a circle."""
    sources = {
        key: [*dict.fromkeys(arrival.step for arrival in each)] for key, each in arrivals.items()
    }
    followers: dict[str, list[str]] = {key: [] for key in sources}
    open_sources = {key: len(earlier) for key, earlier in sources.items()}
    for key, earlier in sources.items():
        for each in earlier:
            followers[each].append(key)
    ran, seen = dict.fromkeys(sources, 0), dict.fromkeys(sources, _Seen())
    free = [key for key, count in open_sources.items() if count == 0]
    while free:
        done = free.pop()
        del open_sources[done]
        for arrival in arrivals[done]:
            ran[done] |= ran[arrival.step] | arrival.bits
        if arrivals[done]:
            found = _merged([seen[each.step].behind(each) for each in arrivals[done]])
            seen[done] = found.collected() if done in collecting else found
        for key in followers[done]:
            open_sources[key] -= 1
            if open_sources[key] == 0:
                free.append(key)
    for key in open_sources:
        for arrival in arrivals[key]:
            ran[key] |= ran[arrival.step] | arrival.bits
        # The circle is the fault; what it leads to is not told besides.
        seen[key] = _Seen(((ran[key], ran[key]),))
    return ran, seen, _on_circles(set(open_sources), sources, followers)


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
