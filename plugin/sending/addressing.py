"""Whom a message goes to: read from the input, told to Meta, and named in Meta's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appmixer.engine.contract import ActionContext, Json, RejectedError

from ..fields.senders import account_numbers, whatsapp
from ..foreign_json.shapes import as_text
from ..people.recipients import Recipient, RecipientType, read_recipient
from .direct import DirectSendInput
from .messages import ConversationInput, MessageInput

# https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/groups-messaging
GROUP_TYPES = ("text", "image", "video", "audio", "document", "sticker", "template")


async def addressed(context: ActionContext, input: MessageInput) -> Recipient:
    """Return the recipient, or raise RejectedError if there can be none by what was written."""
    return await recipient_in(context, input.phone_number_id, input.to, input.recipient_type)


async def recipient_in(
    context: ActionContext, phone_number_id: str, to: str, type: RecipientType = "individual"
) -> Recipient:
    """Return whom a text means to one of the account's numbers."""

    async def has_heard(identities: Sequence[str]) -> bool:
        numbers = await account_numbers(context, phone_number_id)
        ids = [each.id for each in numbers]
        return await whatsapp(context).windows.has_heard(ids, identities)

    return await read_recipient(
        to,
        type=type,
        region=as_text(context.account.settings.get("defaultRegion")),
        has_heard=has_heard,
    )


def check_place(recipient: Recipient, content: Mapping[str, Json]) -> None:
    """Raise RejectedError for a message of a type that Meta does not deliver to groups."""
    if recipient.type == "group" and content.get("type") not in GROUP_TYPES:
        raise RejectedError(
            "Groups do not get this kind of message",
            "WhatsApp takes texts, media and templates for groups, and the recipient is a group.",
            "Send a text, media or a template to the group, or this message to one person.",
            "to",
        )


def envelope(input: MessageInput, recipient: Recipient, opaque: str) -> dict[str, Json]:
    """Return what Meta's request has beside the message itself."""
    request: dict[str, Json] = {
        "messaging_product": "whatsapp",
        "recipient_type": recipient.type,
        **recipient.address,
        "biz_opaque_callback_data": opaque,
    }
    if input.identity_key_hash:
        request["recipient_identity_key_hash"] = input.identity_key_hash
    if isinstance(input, ConversationInput) and input.quoted_message_id:
        request["context"] = {"message_id": input.quoted_message_id}
    if isinstance(input, DirectSendInput):
        request |= input.direct_send
    return request


def answered_by(
    *, wa_id: str | None = None, bsuid: str | None = None, group_id: str | None = None
) -> dict[str, str | None]:
    """Return the part of the output that tells who Meta says the recipient is."""
    forms = {"groupId": group_id, "waId": wa_id, "bsuid": bsuid}
    return {
        "contact_wa_id": wa_id or None,
        "contact_bsuid": bsuid or None,
        "group_id": group_id or None,
        "recipient_form": next((form for form, told in forms.items() if told), None),
    }
