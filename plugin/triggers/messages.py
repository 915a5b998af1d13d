"""The output of New Message: Meta's message, and beside it what flows ask for most, flat."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ..foreign_json.meta_fields import At, IdOrNone, MetaFields, Moment, Object, Text, Word
from ..foreign_json.shapes import as_object, as_text
from ..people.identity import number_in
from ..people.recipients import RecipientType
from .message_parts import FlowReply, ReceivedMedia, meta_object
from .outputs import Contact, IsTest, ReportedError

MetaObject = dict[str, Any]


def type_of(value: object) -> str:
    return as_text(value) or "unknown"


def _number(value: object) -> str | None:
    return number_in(value)


def _is_forwarded(context: object) -> bool:
    found = as_object(context)
    return bool(found.get("forwarded") or found.get("frequently_forwarded"))


class Message(MetaFields):
    """A message from a person. What does not belong to its type is null."""

    id: Text = Field(
        title="Message ID",
        description="Meta's id (wamid) of the message.",
        examples=["wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="],
    )
    from_: Annotated[str | None, At("from"), BeforeValidator(_number)] = Field(
        validation_alias="from",
        serialization_alias="from",
        description="The person's phone number in digits; null when the person hides it.",
        examples=["16505551234"],
    )
    reply_to: str | None = Field(
        description="What to fill in as the recipient of an answer: the group that the message was "
        "written in, else the person's number or user id, the new one after a change.",
        examples=["+16505551234"],
    )
    reply_type: RecipientType = Field(
        description="What to fill in as the type of that recipient: individual or group.",
        examples=["individual"],
    )
    timestamp: IdOrNone = Field(
        description="When it was sent, in seconds since 1970, as Meta writes it.",
        examples=["1790000000"],
    )
    time: Annotated[Moment, At("timestamp")] = Field(
        description="When it was sent.", examples=["2026-09-21T14:13:20Z"]
    )
    type: Annotated[str, BeforeValidator(type_of)] = Field(
        description="Its type, such as text, image, interactive, button or reaction.",
        examples=["text"],
    )
    waba_id: str | None = Field(
        title="WABA ID",
        description="The WhatsApp Business Account it came to.",
        examples=["102290129340398"],
    )
    phone_number_id: str | None = Field(
        title="Phone Number ID",
        description="Your number it came to: answer from this one.",
        examples=["106540352242922"],
    )
    display_phone_number: str | None = Field(
        description="Your number as people see it.", examples=["15550783881"]
    )
    profile_name: str | None = Field(
        description="The name in the person's profile.", examples=["Sheena Nelson"]
    )
    contact: Contact = Field(title="Contact", description="The person who wrote.")
    text: Object = meta_object(
        "The text.", {"body": "Does it come in another color?"}, body="What the person wrote."
    )
    image: Object = meta_object(
        "The picture, as Meta describes it.",
        {"id": "1003383421387256", "mime_type": "image/jpeg"},
        id="Media id.",
        caption="The text below it.",
    )
    video: Object = meta_object(
        "The video, as Meta describes it.",
        {"id": "1003383421387256", "mime_type": "video/mp4"},
        id="Media id.",
        caption="The text below it.",
    )
    audio: Object = meta_object(
        "The sound or voice message, as Meta describes it.",
        {"id": "1908647269898587", "voice": True},
        id="Media id.",
        voice="Whether it is a voice message.",
    )
    document: Object = meta_object(
        "The document, as Meta describes it.",
        {"id": "622684793477189", "filename": "receipt.pdf"},
        id="Media id.",
        filename="Its name.",
        caption="The text below it.",
    )
    sticker: Object = meta_object(
        "The sticker, as Meta describes it.",
        {"id": "1108647269894321", "animated": True},
        id="Media id.",
        animated="Whether it moves.",
    )
    media: ReceivedMedia | None = Field(
        description="The file of any of these five types, in one shape."
    )
    location: Object = meta_object(
        "The place that was sent.",
        {"latitude": 37.44221496582, "longitude": -122.16165924072},
        latitude="Degrees north.",
        longitude="Degrees east.",
        name="The name of the place.",
        address="Its address.",
        url="Its page.",
    )
    contacts: list[MetaObject] | None = Field(
        description="The contact cards that were sent, as Meta describes them.",
        examples=[[{"name": {"formatted_name": "Barbara J. Johnson"}}]],
    )
    reaction: Object = meta_object(
        "The reaction; without an emoji it was taken back.",
        {"message_id": "wamid.HBgL", "emoji": "👍"},
        message_id="The message reacted to.",
        emoji="The emoji.",
    )
    interactive: Object = meta_object(
        "The answer to a button, list or form, as Meta describes it.",
        {"type": "button_reply", "button_reply": {"id": "cancel-button", "title": "Cancel"}},
        type="button_reply, list_reply, nfm_reply or call_permission_reply.",
    )
    button: Object = meta_object(
        "The tapped quick reply of a template.",
        {"payload": "Unsubscribe", "text": "Unsubscribe"},
        payload="What the template attached to it.",
        text="Its label.",
    )
    reply_id: str | None = Field(
        title="Reply ID",
        description="The id of the tapped button or list row.",
        examples=["cancel-button"],
    )
    reply_title: str | None = Field(
        description="The label of what was tapped.", examples=["Cancel"]
    )
    reply_payload: Annotated[Word, At("button.payload")] = Field(
        description="What a template attached to the tapped quick reply.",
        examples=["Unsubscribe"],
    )
    flow_reply: FlowReply | None = Field(description="What was filled in, if a form was sent.")
    quoted_message_id: Annotated[Word, At("context.id")] = Field(
        title="Quoted Message ID",
        description="The message that this one answers.",
        examples=["wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA"],
    )
    is_forwarded: Annotated[bool, At("context"), BeforeValidator(_is_forwarded)] = Field(
        description="Whether it was forwarded.", examples=[False]
    )
    order: Object = meta_object(
        "The cart that was sent, as Meta describes it.",
        {"catalog_id": "194836987003835", "product_items": []},
        catalog_id="The catalog.",
        text="What was written with it.",
        product_items="What was ordered.",
    )
    referral: Object = meta_object(
        "The ad or post that the person came from.",
        {"source_type": "ad", "source_id": "120226305854810726"},
        source_url="Its address.",
        source_id="Its id.",
        source_type="ad or post.",
        headline="Its headline.",
        ctwa_clid="The click's id.",
    )
    system: Object = meta_object(
        "News about the person, such as a changed number.",
        {"type": "user_changed_number", "wa_id": "12195555358"},
        type="What changed.",
        body="It in words.",
        wa_id="The new number.",
        user_id="The new user id.",
    )
    unsupported: Object = meta_object(
        "What kind of message the API could not pass on.", {"type": "edit"}, type="Its kind."
    )
    edit: Object = meta_object(
        "The changed text of an earlier message.",
        {"original_message_id": "wamid.HBgL"},
        original_message_id="The message that was changed.",
        message="What it says now.",
    )
    revoke: Object = meta_object(
        "Which earlier message was deleted.",
        {"original_message_id": "wamid.HBgL"},
        original_message_id="The deleted message.",
    )
    identity_key_hash: str | None = Field(
        description="The hash of the person's identity key, if the number checks identities.",
        examples=["DF2lS5v2W6x="],
    )
    group_id: Word = Field(
        title="Group ID",
        description="The group it was written in.",
        examples=["Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"],
    )
    is_test: IsTest
    is_standby: bool = Field(
        description="Whether another app leads the conversation at the moment.", examples=[False]
    )
    errors: list[ReportedError] = Field(
        description="Why Meta could not pass on all of it.", examples=[[]]
    )
    beside: Object = Field(
        description="What else Meta told with it, such as how a conversation went before.",
        examples=[{"conversation_context": {"type": "summary"}}],
    )
    raw: MetaObject = Field(
        description="The message as Meta sent it.",
        examples=[{"type": "text", "text": {"body": "Does it come in another color?"}}],
    )
