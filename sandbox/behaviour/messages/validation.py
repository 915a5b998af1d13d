"""What a message must look like before Meta accepts it: required parts, lengths and counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from ...protocol.content import between, check_location, check_source, limited, required
from ...protocol.errors import MetaError, invalid_value, missing_parameter, refused
from ...protocol.shapes import Json, is_array, is_object, is_text, objects, text

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages
MAX_TEXT_CHARS = 4096
MAX_CAPTION_CHARS = 1024
MAX_CONTACTS = 257
MAX_OPAQUE_CHARS = 512
MAX_FILENAME_CHARS = 240
MAX_PINNED_DAYS = 30
MEDIA_TYPES = ("image", "audio", "video", "document", "sticker")
CAPTIONED = ("image", "video", "document")
BIRTHDAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# As Graph v24 lists them (https://github.com/shridarpatil/frappe_whatsapp/issues/188). Buttons of
# other types, PAYMENT_REQUEST or PHONE_NUMBER, go out with their template and cannot be named.
BUTTON_SUB_TYPES = (
    "BOOKING_CONFIRMATION",
    "CATALOG",
    "COPY_CODE",
    "FLOW",
    "MPM",
    "ORDER_DETAILS",
    "QUICK_REPLY",
    "REMINDER",
    "URL",
    "VOICE_CALL",
)
NAME_PARTS = ("first_name", "last_name", "middle_name", "suffix", "prefix")

Check: TypeAlias = Callable[[Json], None]


def check_envelope(body: Json) -> None:
    """The fields every send has."""
    if body.get("messaging_product") is None:
        raise MetaError(100, "(#100) The parameter messaging_product is required.")
    if body["messaging_product"] != "whatsapp":
        raise MetaError(
            100, "(#100) Param messaging_product must be one of {WHATSAPP} - got another value."
        )
    if body.get("recipient_type", "individual") not in ("individual", "group"):
        raise invalid_value("recipient_type must be one of: individual, group")
    opaque = body.get("biz_opaque_callback_data")
    if opaque is not None:
        limited(opaque, "biz_opaque_callback_data", MAX_OPAQUE_CHARS)
    identity = body.get("recipient_identity_key_hash")
    if identity is not None and not is_text(identity):
        raise invalid_value("recipient_identity_key_hash must be a string that is not empty")
    context = body.get("context")
    if context is not None:
        if not is_object(context) or not is_text(context.get("message_id")):
            raise missing_parameter("context['message_id']")
        if body.get("type") == "reaction":
            raise invalid_value("context is not supported for messages of type reaction")


def check_text(content: Json) -> None:
    limited(required(content, "body", "text['body']"), "text['body']", MAX_TEXT_CHARS)
    preview = content.get("preview_url")
    if preview is not None and not isinstance(preview, bool):
        raise invalid_value("text['preview_url'] must be a boolean")


def check_media(kind: str) -> Check:
    def check(content: Json) -> None:
        check_source(content, kind)
        if content.get("caption") is not None:
            limited(content["caption"], f"{kind}['caption']", MAX_CAPTION_CHARS, minimum=0)
        if content.get("filename") is not None:
            limited(content["filename"], f"{kind}['filename']", MAX_FILENAME_CHARS)
        if not isinstance(content.get("voice", False), bool):
            raise invalid_value(f"{kind}['voice'] must be a boolean")

    return check


def check_contacts(cards: object) -> None:
    if not is_array(cards) or not cards:
        raise missing_parameter("contacts")
    if len(cards) > MAX_CONTACTS:
        raise invalid_value(f"contacts: at most {MAX_CONTACTS} contacts in one message")
    for index, card in enumerate(cards):
        if not is_object(card):
            raise MetaError(100, f"(#100) Param contacts[{index}] must be a JSON object.")
        _check_card(card, f"contacts[{index}]")


def _check_card(card: Json, place: str) -> None:
    name = card.get("name")
    if not is_object(name):
        raise missing_parameter(f"{place}['name']")
    if not is_text(name.get("formatted_name")):
        raise missing_parameter(f"{place}['name']['formatted_name']")
    if not any(is_text(name.get(part)) for part in NAME_PARTS):
        raise missing_parameter(f"{place}['name']: one of {', '.join(NAME_PARTS)}")
    for edge, key in (("emails", "email"), ("urls", "url")):
        for position, item in enumerate(objects(card.get(edge))):
            required(item, key, f"{place}['{edge}'][{position}]['{key}']")
    birthday = card.get("birthday")
    if birthday is not None and not BIRTHDAY.fullmatch(text(birthday)):
        raise invalid_value(f"{place}['birthday'] must be a date as YYYY-MM-DD")


def check_reaction(content: Json) -> None:
    required(content, "message_id", "reaction['message_id']")
    emoji = content.get("emoji")
    if not isinstance(emoji, str):
        raise missing_parameter("reaction['emoji']")
    # One emoji can be several code points (skin tones, families, flags), but never a word.
    if len(emoji) > 16 or any(char.isascii() and char.isalpha() for char in emoji):
        raise invalid_value("reaction['emoji'] must be one emoji, or empty to remove the reaction")


def check_pin(content: Json) -> None:
    # Only public code shows this shape; Meta's page on it was not among our sources.
    if required(content, "type", "pin['type']").lower() not in ("pin", "unpin"):
        raise invalid_value("pin['type'] must be one of: pin, unpin")
    required(content, "message_id", "pin['message_id']")
    days = content.get("expiration_days")
    if days is not None and not between(days, 1, MAX_PINNED_DAYS):
        raise invalid_value(f"pin['expiration_days'] must be between 1 and {MAX_PINNED_DAYS}")


def check_template(content: Json) -> None:
    required(content, "name", "template['name']")
    language = content.get("language")
    if not is_object(language) or not is_text(language.get("code")):
        raise missing_parameter("template['language']['code']")
    if language.get("policy", "deterministic") != "deterministic":
        raise invalid_value("template['language']['policy'] must be deterministic")
    for index, component in enumerate(objects(content.get("components"))):
        place = f"template['components'][{index}]"
        required(component, "type", f"{place}['type']")
        _check_sub_type(component, place)
        for number, card in enumerate(objects(component.get("cards"))):
            for part, inside in enumerate(objects(card.get("components"))):
                _check_sub_type(inside, f"{place}['cards'][{number}]['components'][{part}]")


def _check_sub_type(component: Json, place: str) -> None:
    kind = component.get("sub_type")
    if kind is not None and text(kind).upper() not in BUTTON_SUB_TYPES:
        allowed = ", ".join(BUTTON_SUB_TYPES)
        raise MetaError(
            100, f"(#100) Param {place}['sub_type'] must be one of {{{allowed}}} - got \"{kind}\"."
        )


def unsupported_type(kind: object) -> MetaError:
    return refused(131051, f"Message type {text(kind) or 'unknown'} is currently not supported.")


SIMPLE_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "text": check_text,
        "location": check_location,
        "reaction": check_reaction,
        "template": check_template,
        "pin": check_pin,
        **{kind: check_media(kind) for kind in MEDIA_TYPES},
    }
)
