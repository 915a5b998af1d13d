"""A number's business profile: what people see when they open the chat's details."""

from __future__ import annotations

import secrets
from functools import partial

from ...protocol.errors import MetaError, invalid_parameter, invalid_value
from ...protocol.fields import Getter, pick
from ...protocol.shapes import Json, is_array
from ...world.entities import PhoneNumber
from ..call import Answer, Call, success
from ..media import uploads
from . import public
from .checks import check_product, is_web_address, line, unpacked

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/business-profiles
MAX_ABOUT_CHARS = 139
MAX_ADDRESS_CHARS = 256
MAX_DESCRIPTION_CHARS = 512
MAX_EMAIL_CHARS = 128
MAX_WEBSITES = 2
MAX_WEBSITE_CHARS = 256
MAX_PICTURE_BYTES = 5 * 1024 * 1024
PICTURE_TYPES = ("image/jpeg", "image/png")
VERTICALS = frozenset(
    "ALCOHOL APPAREL AUTO BEAUTY EDU ENTERTAIN EVENT_PLAN FINANCE GOVT GROCERY HEALTH HOTEL "
    "NONPROFIT ONLINE_GAMBLING OTC_DRUGS OTHER PHYSICAL_GAMBLING PROF_SERVICES RESTAURANT RETAIL "
    "TRAVEL UNDEFINED NOT_A_BIZ".split()
) | {""}


async def get(call: Call) -> Answer:
    number = call.number()
    shown = pick(_getters(number, call.base_url), call.fields(), (), "WhatsAppBusinessProfile")
    # A profile has no id of its own here; Meta names the product instead.
    shown.pop("id", None)
    return {"data": [{**shown, "messaging_product": "whatsapp"}]}


async def update(call: Call) -> Answer:
    check_product(call)
    number = call.number()
    profile = number.profile
    about = line(call, "about", MAX_ABOUT_CHARS, least=1)
    address = line(call, "address", MAX_ADDRESS_CHARS)
    description = line(call, "description", MAX_DESCRIPTION_CHARS)
    email = _email(call)
    websites = _websites(call)
    vertical = _vertical(call)
    picture = _picture(call)
    # Everything was checked before anything changes.
    profile.about = profile.about if about is None else about
    profile.address = profile.address if address is None else address
    profile.description = profile.description if description is None else description
    profile.email = profile.email if email is None else email
    profile.websites = profile.websites if websites is None else websites
    profile.vertical = profile.vertical if vertical is None else vertical
    if picture is not None:
        profile.picture, profile.picture_type = picture
        profile.picture_key = secrets.token_urlsafe(18)
    return success()


def picture_address(number: PhoneNumber, base_url: str) -> str | None:
    if number.profile.picture is None:
        return None
    return public.address(base_url, "picture", number.profile.picture_key)


def _getters(number: PhoneNumber, base_url: str) -> dict[str, Getter]:
    profile = number.profile
    # What was never filled in is left out of the answer.
    plain: Json = {
        "id": number.id,
        "about": profile.about or None,
        "address": profile.address or None,
        "description": profile.description or None,
        "email": profile.email or None,
        "profile_picture_url": picture_address(number, base_url),
        "websites": profile.websites or None,
        # The one field that is always there: older clients read it without asking.
        "vertical": profile.vertical or "UNDEFINED",
        "messaging_product": "whatsapp",
    }
    return {name: partial(_value, value) for name, value in plain.items()}


def _value(value: object, _selected: object) -> object:
    return value


def _email(call: Call) -> str | None:
    email = line(call, "email", MAX_EMAIL_CHARS)
    name, at, host = (email or "").partition("@")
    if email and not (name and at and "." in host and " " not in email):
        raise invalid_value("email must be a valid e-mail address")
    return email


def _websites(call: Call) -> list[str] | None:
    given = unpacked(call.parameters.get("websites"), "websites")
    if given is None:
        return None
    if not is_array(given) or len(given) > MAX_WEBSITES:
        raise MetaError(100, f"(#100) Param websites must be an array of at most {MAX_WEBSITES}.")
    websites = [str(website) for website in given if website != ""]
    for website in websites:
        if not is_web_address(website, MAX_WEBSITE_CHARS):
            raise invalid_value(
                f"websites must be http(s) addresses of at most {MAX_WEBSITE_CHARS} characters"
            )
    return websites


def _vertical(call: Call) -> str | None:
    vertical = call.parameters.get("vertical")
    if vertical is None:
        return None
    if not isinstance(vertical, str) or vertical not in VERTICALS:
        allowed = ", ".join(sorted(VERTICALS - {""}))
        raise MetaError(100, f"(#100) Param vertical must be one of {{{allowed}}}")
    return vertical


def _picture(call: Call) -> tuple[bytes, str] | None:
    handle = call.parameters.get("profile_picture_handle")
    if handle is None:
        return None
    file = uploads.file_of(call.world, handle)
    if file is None or file.app_id != call.bearer().app_id:
        raise invalid_parameter("profile_picture_handle is not a handle of a finished upload")
    if file.mime_type not in PICTURE_TYPES:
        raise invalid_parameter("A profile picture must be a JPEG or PNG image")
    if len(file.content) > MAX_PICTURE_BYTES:
        raise invalid_parameter("A profile picture must not be larger than 5 MB")
    return file.content, file.mime_type
