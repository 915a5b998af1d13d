"""What messages and templates both carry, and when Meta accepts it: texts, files, places."""

from __future__ import annotations

from .errors import MetaError, invalid_value, missing_parameter
from .shapes import Json, is_number, is_object, is_text

MAX_LINK_CHARS = 2048
MAX_PLACE_CHARS = 1000
# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/call-button-messages-deep-links
MAX_CALL_MINUTES = 43_200


def required(content: Json, key: str, name: str) -> str:
    value = content.get(key)
    if value is None or value == "":
        raise missing_parameter(name)
    if not is_text(value):
        raise invalid_value(f"{name} must be a string that is not empty")
    return value


def limited(value: object, name: str, maximum: int, *, minimum: int = 1) -> None:
    if not isinstance(value, str):
        raise invalid_value(f"{name} must be a string")
    if not minimum <= len(value) <= maximum:
        raise invalid_value(f"{name} length invalid. Min length: {minimum}, Max length: {maximum}")


def between(value: object, least: float, most: float) -> bool:
    """Whether it is a number, or a string of one, within these bounds."""
    if isinstance(value, int) and not isinstance(value, bool):
        return least <= value <= most
    return is_number(value) and least <= float(str(value)) <= most


def inner(content: Json, key: str, name: str) -> Json:
    value = content.get(key)
    if value is None:
        raise missing_parameter(name)
    if not is_object(value):
        raise invalid_value(f"{name} must be an object")
    return value


def check_url(value: object, name: str) -> None:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise invalid_value(f"{name} must be a URL that starts with http:// or https://")
    if len(value) > MAX_LINK_CHARS:
        raise invalid_value(f"{name} is longer than {MAX_LINK_CHARS} characters")


def check_source(content: Json, name: str) -> None:
    """Media is an id or a link, one of them."""
    for key in ("id", "link"):
        if content.get(key) is not None and not is_text(content[key]):
            raise invalid_value(f"{name}['{key}'] must be a string that is not empty")
    has_id, has_link = is_text(content.get("id")), is_text(content.get("link"))
    if has_id == has_link:
        raise MetaError(
            131008,
            "(#131008) Required parameter is missing",
            details=f"{name}: exactly one of the parameters 'id' and 'link' is required.",
        )
    if has_link:
        check_url(content["link"], f"{name}['link']")


def check_location(content: Json, name: str = "location") -> None:
    for key, limit in (("latitude", 90.0), ("longitude", 180.0)):
        value = content.get(key)
        if value is None:
            raise missing_parameter(f"{name}['{key}']")
        if not between(value, -limit, limit):
            raise invalid_value(f"{name}['{key}'] must be between -{limit:g} and {limit:g}")
    for key in ("name", "address"):
        if content.get(key) is not None:
            limited(content[key], f"{name}['{key}']", MAX_PLACE_CHARS, minimum=0)
