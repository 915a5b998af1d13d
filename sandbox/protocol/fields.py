"""Graph's `fields` parameter: which fields of a node were asked for, nested and with arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .errors import MetaError, unknown_field
from .shapes import Json

MAX_DEPTH = 5
STRUCTURE = "{}(),."


@dataclass(frozen=True)
class Selected:
    """One requested field: `name.argument(value){nested}`."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    nested: tuple[Selected, ...] = ()


# What a field of a node is worth; None means the node has the field and nothing to say.
Getter = Callable[[Selected], object]


def parse_fields(text: str) -> tuple[Selected, ...]:
    """Read `a,b{c,d},e.limit(5){f}`."""
    if not text.strip():
        return ()
    parser = _Parser(text)
    found = parser.fields(0)
    if parser.position != len(parser.text):
        raise parser.broken()
    return found


def pick(
    getters: Mapping[str, Getter],
    wanted: Sequence[Selected],
    default: Sequence[str],
    node_type: str,
) -> Json:
    """The requested fields of a node, `id` always among them; an unknown field is refused."""
    chosen = list(wanted) or [Selected(name) for name in default]
    if all(selected.name != "id" for selected in chosen):
        chosen.append(Selected("id"))
    node: Json = {}
    for selected in chosen:
        getter = getters.get(selected.name)
        if getter is None:
            raise unknown_field(selected.name, node_type)
        value = getter(selected)
        if value is not None:
            node[selected.name] = value
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = "".join(text.split())
        self.position = 0

    def fields(self, depth: int) -> tuple[Selected, ...]:
        if depth > MAX_DEPTH:
            raise self.broken()
        found = [self.one(depth)]
        while self.take(","):
            found.append(self.one(depth))
        return tuple(found)

    def one(self, depth: int) -> Selected:
        name = self.word()
        arguments: dict[str, str] = {}
        while self.take("."):
            argument = self.word()
            arguments[argument] = self.bracketed()
        nested: tuple[Selected, ...] = ()
        if self.take("{"):
            nested = self.fields(depth + 1)
            if not self.take("}"):
                raise self.broken()
        return Selected(name, arguments, nested)

    def word(self) -> str:
        start = self.position
        while self.position < len(self.text) and self.text[self.position] not in STRUCTURE:
            self.position += 1
        if start == self.position:
            raise self.broken()
        return self.text[start : self.position]

    def bracketed(self) -> str:
        # `qr_image_url.format(SVG)` has a value; a bare `.name` stands for itself.
        if not self.take("("):
            return ""
        end = self.text.find(")", self.position)
        if end < 0:
            raise self.broken()
        value = self.text[self.position : end]
        self.position = end + 1
        return value

    def take(self, char: str) -> bool:
        if self.text[self.position : self.position + 1] != char:
            return False
        self.position += 1
        return True

    def broken(self) -> MetaError:
        return MetaError(
            2500, f"Syntax error in the fields parameter at character {self.position}."
        )
