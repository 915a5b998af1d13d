"""Checks that many account calls share: the product, lengths, switches, addresses."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...protocol.errors import MetaError, invalid_parameter
from ...protocol.shapes import Json, is_array, is_object
from ...world.entities import Person
from ...world.world import World
from ..call import Call, loads

PUNCTUATION = str.maketrans("", "", "+ -().\u00a0")


def check_product(call: Call) -> None:
    if call.parameters.get("messaging_product") != "whatsapp":
        raise MetaError(100, "(#100) The parameter messaging_product is required.")


def line(call: Call, name: str, most: int, *, least: int = 0) -> str | None:
    """A text of the call within its length, or None when it was not given."""
    value = call.parameters.get(name)
    if value is None:
        return None
    return checked_line(value, name, most, least=least)


def checked_line(value: object, name: str, most: int, *, least: int = 0) -> str:
    if not isinstance(value, str):
        raise MetaError(100, f"(#100) Param {name} must be a string")
    if not least <= len(value.strip()) or len(value) > most:
        raise MetaError(
            100, f"(#100) Param {name} must be between {least} and {most} characters long."
        )
    return value


def needed_line(call: Call, name: str, most: int) -> str:
    call.need(name)
    return checked_line(call.parameters[name], name, most, least=1)


def flag(call: Call, name: str) -> bool | None:
    """A switch, as JSON has it or as a form spells it; None when it was not given."""
    value = call.parameters.get(name)
    if value is None:
        return None
    known = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in known:
        raise MetaError(100, f"(#100) Param {name} must be a boolean")
    return known[str(value).lower()]


def unpacked(value: object, name: str) -> object:
    """Graph takes objects and lists also as JSON inside a text, in JSON bodies too."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return loads(value, name)
    return value


def part(call: Call, name: str) -> Json | None:
    """An object inside the call, or None when it was not given."""
    value = unpacked(call.parameters.get(name), name)
    if value is None:
        return None
    if not is_object(value):
        raise MetaError(100, f"(#100) Param {name} must be an object")
    return value


def items(call: Call, name: str) -> list[object]:
    """A list that has to be there, with something in it."""
    value = unpacked(call.parameters.get(name), name)
    if not is_array(value) or not value:
        raise MetaError(100, f"(#100) Param {name} must be a non-empty array.")
    return list(value)


def is_web_address(value: object, most: int, schemes: tuple[str, ...] = ("http", "https")) -> bool:
    if not isinstance(value, str) or len(value) > most:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)


def digits_of(value: object) -> str:
    """A phone number without its punctuation, or nothing when it cannot be one."""
    digits = str(value).translate(PUNCTUATION)
    is_number = digits.isascii() and digits.isdecimal() and 5 <= len(digits) <= 15
    return digits if is_number else ""


def named_person(world: World, number: object, user_id: object) -> Person | None:
    """Who is meant by a phone number or a business-scoped user id."""
    if user_id is not None:
        return world.people_by_bsuid.get(str(user_id))
    return world.people.get(digits_of(number))


def one_of(value: object, name: str, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise MetaError(100, f"(#100) Param {name} must be one of {{{', '.join(allowed)}}}")
    return value


def nothing_given(names: tuple[str, ...]) -> MetaError:
    return invalid_parameter(f"At least one of these parameters is required: {', '.join(names)}")
