"""How the things of a world are written as JSON and read again, with what refers to what."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib import import_module
from types import FunctionType, MappingProxyType
from typing import Any, cast

from pydantic import BaseModel

from ..protocol.shapes import Json, is_array, is_object
from ..world.entities import Message, Person
from ..world.world import World

PACKAGE = __name__.rpartition(".state.")[0]
# Longer ones are kept beside the entries, once each, so that a photo is not written every second.
MAX_INLINE_BYTES = 1024
MESSAGES = "messages"
PLAIN = frozenset((str, int, float, bool, type(None)))
SEQUENCES: Mapping[type, str] = MappingProxyType(
    {tuple: "$tuple", set: "$set", frozenset: "$frozenset", deque: "$deque"}
)
READ_SEQUENCES: Mapping[str, Callable[[list[Any]], Any]] = MappingProxyType(
    {name: kind for kind, name in SEQUENCES.items()}
)
# A phone's chat follows from the messages; it would be written again with every one of them.
FOLLOWS: Mapping[type, frozenset[str]] = MappingProxyType({Person: frozenset(("chat",))})


class NotationError(Exception):
    """Something that cannot be written, or a text that nothing here has written."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a thing lives: an attribute of the world, and the key in it."""

    attribute: str
    key: object


class Contents:
    """Long bytes that were met while writing, by digest. Each object is hashed only once."""

    def __init__(self) -> None:
        self._digests: dict[int, tuple[bytes, str]] = {}
        self.met: dict[str, bytes] = {}

    def begin(self) -> None:
        """What is not met from now on is forgotten at the next begin."""
        met = {id(content) for content in self.met.values()}
        self._digests = {key: known for key, known in self._digests.items() if key in met}
        self.met = {}

    def digest(self, content: bytes | bytearray) -> str:
        # A bytearray still grows: what is kept of it is a copy.
        fixed = bytes(content)
        known = self._digests.get(id(fixed))
        if known is None or known[0] is not fixed:
            known = self._digests[id(fixed)] = (fixed, hashlib.sha256(fixed).hexdigest())
        self.met[known[1]] = fixed
        return known[1]


class Writer:
    """Writes the things of one world as they are at this moment."""

    def __init__(
        self,
        attributes: Mapping[str, object],
        messages: Mapping[str, Message],
        contents: Contents,
    ) -> None:
        self._places = _places(attributes)
        self._messages = messages
        self._contents = contents

    def entry(self, place: Place, value: object) -> object:
        """A thing at its own place is written in full; elsewhere it is only named."""
        return self._thing(value) if self._place(value) == place else self.write(value)

    def write(self, value: object) -> object:
        if type(value) in PLAIN:
            return value
        place = self._place(value)
        if place is not None:
            return {"$ref": [place.attribute, self.write(place.key)]}
        if is_array(value):
            return [self.write(item) for item in value]
        if is_object(value):
            return self._mapping(value)
        if type(value) in SEQUENCES:
            return {SEQUENCES[type(value)]: [self.write(item) for item in _items(value)]}
        return self._thing(value)

    def _place(self, value: object) -> Place | None:
        # There are far more messages than other things, and each knows its own key.
        if isinstance(value, Message):
            is_kept = self._messages.get(value.id) is value
            return Place(MESSAGES, value.id) if is_kept else None
        return self._places.get(id(value))

    def _mapping(self, value: Mapping[Any, object]) -> Json:
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: self.write(item) for key, item in value.items()}
        return {"$dict": [[self.write(key), self.write(item)] for key, item in value.items()]}

    def _thing(self, value: object) -> object:
        if isinstance(value, bytes | bytearray):
            return self._bytes(value)
        if isinstance(value, World):
            return {"$world": True}
        if isinstance(value, partial):
            return self._call(cast("partial[object]", value))
        if isinstance(value, BaseModel):
            return {"$model": _name_of(type(value)), "value": value.model_dump(mode="json")}
        if not dataclasses.is_dataclass(value) or isinstance(value, type):
            raise NotationError(f"{type(value).__name__} cannot be kept: {value!r:.200}")
        return {
            "$": _name_of(type(value)),
            **{name: self.write(getattr(value, name)) for name in _kept_fields(type(value))},
        }

    def _bytes(self, value: bytes | bytearray) -> Json:
        kind = "bytes" if isinstance(value, bytes) else "bytearray"
        if len(value) <= MAX_INLINE_BYTES:
            return {f"${kind}": base64.b64encode(value).decode()}
        return {"$content": self._contents.digest(value), "kind": kind}

    def _call(self, call: partial[object]) -> Json:
        function = call.func
        if not isinstance(function, FunctionType) or "<" in function.__qualname__:
            raise NotationError(f"only functions of a module can be kept, not {function!r:.200}")
        return {
            "$call": _name_of(function),
            "args": [self.write(item) for item in call.args],
            "named": {name: self.write(item) for name, item in call.keywords.items()},
        }


class Reader:
    """Makes the things of a world from what a Writer wrote."""

    def __init__(self, world: World, contents: Callable[[str], bytes | None]) -> None:
        self._world = world
        self._contents = contents
        self._things: dict[tuple[str, object], object] = {}

    def expect(self, attribute: str, key: object, written: object) -> None:
        """Make room for a thing, so that others can refer to it before it is read."""
        if is_object(written) and "$" in written:
            self._things[attribute, key] = _blank(_class(written["$"]))

    def entry(self, attribute: str, key: object, written: object) -> object:
        thing = self._things.get((attribute, key))
        if thing is None or not is_object(written):
            return self.read(written)
        return self._fill(thing, written)

    def read(self, written: object) -> object:
        if is_array(written):
            return [self.read(item) for item in written]
        if not is_object(written):
            return written
        if not any(name.startswith("$") for name in written):
            return {name: self.read(item) for name, item in written.items()}
        return self._marked(written)

    def _marked(self, written: Json) -> object:
        if "$" in written:
            return self._fill(_blank(_class(written["$"])), written)
        marker = next(name for name in written if name.startswith("$"))
        value = written[marker]
        if marker == "$ref":
            return self._referred(value)
        if marker == "$world":
            return self._world
        if marker == "$dict":
            return {self.read(key): self.read(item) for key, item in value}
        if marker in READ_SEQUENCES:
            return READ_SEQUENCES[marker]([self.read(item) for item in value])
        if marker in ("$bytes", "$bytearray"):
            return _typed(marker[1:], base64.b64decode(value))
        if marker == "$content":
            return self._content(value, written["kind"])
        if marker == "$model":
            return _model(value).model_validate(written["value"])
        if marker == "$call":
            function = _function(value)
            given, named = self.read(written["args"]), self.read(written["named"])
            if is_array(given) and is_object(named):
                return partial(function, *given, **named)
        raise NotationError(f"nothing here is written with {marker}")

    def _referred(self, value: list[Any]) -> object:
        place = (value[0], self.read(value[1]))
        if place not in self._things:
            raise NotationError(f"something refers to {value[1]} of {value[0]}, which is missing")
        return self._things[place]

    def _content(self, digest: str, kind: str) -> bytes | bytearray:
        content = self._contents(digest)
        if content is None:
            raise NotationError(f"the content {digest[:12]} is missing")
        return _typed(kind, content)

    def _fill(self, thing: object, written: Json) -> object:
        known = {item.name: item for item in dataclasses.fields(thing)}  # type: ignore[arg-type]  # only dataclasses come here
        unknown = written.keys() - known.keys() - {"$"}
        if unknown:
            raise NotationError(f"{type(thing).__name__} has no field {min(unknown)}")
        for name, item in known.items():
            value = self.read(written[name]) if name in written else _default(thing, item)
            object.__setattr__(thing, name, value)
        return thing


def _places(attributes: Mapping[str, object]) -> dict[int, Place]:
    """By identity; what is listed in two attributes lives in the first."""
    places: dict[int, Place] = {}
    for name, value in attributes.items():
        if is_object(value):
            for key, item in value.items():
                if dataclasses.is_dataclass(item):
                    places.setdefault(id(item), Place(name, key))
    return places


def _items(value: object) -> Iterator[object]:
    if isinstance(value, set | frozenset):
        # In a fixed order, so that what did not change is written the same.
        yield from sorted(value, key=repr)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - whatever is in the set
    elif isinstance(value, tuple | deque):
        yield from value


@cache
def _kept_fields(kind: type) -> tuple[str, ...]:
    follows = FOLLOWS.get(kind, frozenset())
    return tuple(item.name for item in dataclasses.fields(kind) if item.name not in follows)


@cache
def _name_of(kind: type | FunctionType) -> str:
    module = kind.__module__
    if not module.startswith(f"{PACKAGE}."):
        raise NotationError(f"{module} is no part of the sandbox")
    return f"{module.removeprefix(PACKAGE)}:{kind.__qualname__}"


@cache
def _named(name: str) -> object:
    module, _, attribute = name.partition(":")
    if not module.startswith(".") or ".." in module:
        raise NotationError(f"{name} is no part of the sandbox")
    try:
        found: object = getattr(import_module(f"{PACKAGE}{module}"), attribute)
    except (ImportError, AttributeError):
        raise NotationError(f"there is no {name} (any more)") from None
    if getattr(found, "__module__", None) != f"{PACKAGE}{module}":
        raise NotationError(f"{name} is no part of the sandbox")
    return found


def _class(name: str) -> type:
    found = _named(name)
    if not isinstance(found, type):
        raise NotationError(f"{name} is no thing of a world")
    return found


def _model(name: str) -> type[BaseModel]:
    found = _named(name)
    if isinstance(found, type) and issubclass(found, BaseModel):
        model: type[BaseModel] = found
        return model
    raise NotationError(f"{name} is no model")


def _function(name: str) -> Callable[..., object]:
    found = _named(name)
    if not isinstance(found, FunctionType):
        raise NotationError(f"{name} is no function")
    return found


def _blank(kind: type) -> object:
    if not hasattr(kind, "__dataclass_fields__"):
        raise NotationError(f"{kind.__name__} is no thing of a world")
    return cast("object", object.__new__(kind))


def _default(thing: object, item: dataclasses.Field[Any]) -> object:
    if item.default is not dataclasses.MISSING:
        return item.default
    if item.default_factory is not dataclasses.MISSING:
        return item.default_factory()
    raise NotationError(f"{type(thing).__name__} lacks {item.name}")


def _typed(kind: str, content: bytes) -> bytes | bytearray:
    return content if kind == "bytes" else bytearray(content)
