"""What a send will look like, shown while its form is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import phonenumbers

from appmixer.engine.contract import (
    ComponentContext,
    ConnectorError,
    Json,
    Part,
    Preview,
    RejectedError,
)

from ..fields.senders import account_numbers, whatsapp
from ..foreign_json.shapes import as_object, as_text, is_list, is_object
from ..people.recipients import BSUID, RecipientType, read_recipient

# How an expression begins that has no value yet.
UNKNOWN = "{{"
# What objects in a form are called by.
NAMES = ("title", "name", "text", "fileName", "mediaId", "fileId")


def parts(kind: str, value: object) -> list[Part]:
    """Return what a field shows: a text, a file or another object by its name, or each of many."""
    if is_list(value):
        return [part for each in value for part in parts(kind, each)]
    if not is_object(value):
        text = as_text(value)
        return [Part(kind, text)] if text else []
    # The name on a contact card is an object itself.
    named = (as_text(value.get(each)) or _formatted(value.get(each)) for each in NAMES)
    text, link = next(filter(None, named), ""), as_text(value.get("link"))
    return [Part(kind, text, link)] if text or link else []


def _formatted(name: object) -> str:
    return as_text(as_object(name).get("formattedName"))


async def preview_message(
    context: ComponentContext,
    input: Mapping[str, Json],
    *,
    summary: str,
    bubble: Sequence[Part],
    notes: Sequence[str] = (),
) -> Preview:
    """Return the preview of a message to whom the form names."""
    recipient, region, why = await _recipient(context, input)
    return Preview(summary, recipient, region, bubble, notes=[*notes, *([why] if why else [])])


async def _recipient(context: ComponentContext, input: Mapping[str, Json]) -> tuple[str, str, str]:
    """Return whom Meta will be told, their country, and why it would be refused."""
    written = as_text(input.get("to")).strip()
    if not written or UNKNOWN in written:
        return written, "", ""
    kind: RecipientType = "group" if input.get("recipientType") == "group" else "individual"

    async def has_heard(identities: Sequence[str]) -> bool:
        number_id = as_text(input.get("phoneNumberId"))
        if not number_id or UNKNOWN in number_id:
            return False
        numbers = [each.id for each in await account_numbers(context, number_id)]
        return await whatsapp(context).windows.has_heard(numbers, identities)

    try:
        found = await read_recipient(
            written, type=kind, region=_default_region(context), has_heard=has_heard
        )
    except ConnectorError as error:
        return written, "", str(error)
    return found.value, _region(found.value), ""


def _default_region(context: ComponentContext) -> str:
    try:
        return as_text(context.account.settings.get("defaultRegion"))
    except RejectedError:  # none is chosen yet
        return ""


def _region(value: str) -> str:
    if BSUID.fullmatch(value):
        return value[:2]
    if not value.startswith("+"):
        return ""
    # Of some numbers, such as those of satellites, there is none.
    region = phonenumbers.region_code_for_number(phonenumbers.parse(value))
    return region if region and region.isalpha() else ""
