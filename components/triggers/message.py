"""The output of New Message: Meta's message, and beside it what flows ask for most, flat."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, JsonValue

from appmixer.engine.contract import JsonObject

from ...plugin.foreign_json.meta_fields import (
    At,
    IdOrNone,
    MetaFields,
    Moment,
    Object,
    Text,
    Word,
    read_time,
)
from ...plugin.foreign_json.reading import read_foreign_json
from ...plugin.foreign_json.shapes import as_object, as_objects, as_text, word
from ...plugin.media.fetching import FetchError
from ...plugin.people.identity import Person, answer_to, number_in, sender_of
from ...plugin.people.recipients import RecipientType
from ...plugin.triggers.outputs import (
    Contact,
    IsTest,
    ReportedError,
    read_contact,
    read_errors,
    read_place,
)

MetaObject = dict[str, Any]

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
INBOUND_MEDIA_KEPT = timedelta(days=7)
# Meta's pages know no type "voice"; it is what others have passed on for a voice message.
VOICE = "voice"
MEDIA_TYPES = ("image", "video", "audio", VOICE, "document", "sticker")


def _meta(description: str, example: JsonValue, **properties: str) -> Any:
    """A field that holds one of Meta's objects as it came, with the keys that are known of it."""
    known: dict[str, JsonValue] = {
        name: {"title": name, "description": said} for name, said in properties.items()
    }
    return Field(
        default=None,
        description=description,
        examples=[example],
        json_schema_extra={"properties": known} if known else None,
    )


def _type(value: object) -> str:
    return as_text(value) or "unknown"


def _number(value: object) -> str | None:
    return number_in(value)


def _is_forwarded(context: object) -> bool:
    found = as_object(context)
    return bool(found.get("forwarded") or found.get("frequently_forwarded"))


def _values(text: object) -> dict[str, Any]:
    # The Flow's author decides what stands there; what is no object is still to be read in `raw`.
    try:
        return dict(as_object(read_foreign_json(as_text(text))))
    except ValueError:
        return {}


class ReceivedMedia(MetaFields):
    """A file that a person sent."""

    id: Text = Field(
        title="Media ID",
        description="By which the file can be downloaded for seven days.",
        examples=["1003383421387256"],
    )
    mime_type: Word = Field(title="Media Type", description="Its type.", examples=["image/jpeg"])
    sha256: Word = Field(
        title="SHA-256",
        description="The hash of its content, in Base64.",
        examples=["YQXWzHavQAMl6U1YjOURvlv9u3O0N9xR7KQ5F9ekPj0="],
    )
    file_name: Annotated[Word, At("filename")] = Field(
        description="The name of a document.", examples=["receipt.pdf"]
    )
    caption: Word = Field(description="The text below it.", examples=["Taj Mahal"])
    url: Word = Field(
        title="URL",
        description="Where it can be fetched with the account's token for five minutes.",
        examples=["https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"],
    )
    is_voice: bool = Field(description="Whether it is a voice message.", examples=[False])
    expires_at: datetime | None = Field(
        description="When Meta forgets the id.", examples=["2026-09-28T14:13:20Z"]
    )
    file_id: str | None = Field(
        default=None,
        title="File ID",
        description="The file kept here, if the trigger fetches files.",
        examples=["file-1"],
    )
    error: FetchError | None = Field(
        default=None, description="Why it was not fetched, if the trigger fetches files."
    )


class FlowReply(MetaFields):
    """What a person filled in: the answer of a Flow or of an address form."""

    name: Word = Field(description="flow, or address_message.", examples=["flow"])
    body: Word = Field(description="The text shown in the chat.", examples=["Sent"])
    values: Annotated[dict[str, Any], At("response_json"), BeforeValidator(_values)] = Field(
        description="What was filled in, by name.",
        examples=[{"flow_token": "order-7781", "preferred_day": "2026-10-02"}],
    )


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
    type: Annotated[str, BeforeValidator(_type)] = Field(
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
    text: Object = _meta(
        "The text.", {"body": "Does it come in another color?"}, body="What the person wrote."
    )
    image: Object = _meta(
        "The picture, as Meta describes it.",
        {"id": "1003383421387256", "mime_type": "image/jpeg"},
        id="Media id.",
        caption="The text below it.",
    )
    video: Object = _meta(
        "The video, as Meta describes it.",
        {"id": "1003383421387256", "mime_type": "video/mp4"},
        id="Media id.",
        caption="The text below it.",
    )
    audio: Object = _meta(
        "The sound or voice message, as Meta describes it.",
        {"id": "1908647269898587", "voice": True},
        id="Media id.",
        voice="Whether it is a voice message.",
    )
    document: Object = _meta(
        "The document, as Meta describes it.",
        {"id": "622684793477189", "filename": "receipt.pdf"},
        id="Media id.",
        filename="Its name.",
        caption="The text below it.",
    )
    sticker: Object = _meta(
        "The sticker, as Meta describes it.",
        {"id": "1108647269894321", "animated": True},
        id="Media id.",
        animated="Whether it moves.",
    )
    media: ReceivedMedia | None = Field(
        description="The file of any of these five types, in one shape."
    )
    location: Object = _meta(
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
    reaction: Object = _meta(
        "The reaction; without an emoji it was taken back.",
        {"message_id": "wamid.HBgL", "emoji": "👍"},
        message_id="The message reacted to.",
        emoji="The emoji.",
    )
    interactive: Object = _meta(
        "The answer to a button, list or form, as Meta describes it.",
        {"type": "button_reply", "button_reply": {"id": "cancel-button", "title": "Cancel"}},
        type="button_reply, list_reply, nfm_reply or call_permission_reply.",
    )
    button: Object = _meta(
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
    order: Object = _meta(
        "The cart that was sent, as Meta describes it.",
        {"catalog_id": "194836987003835", "product_items": []},
        catalog_id="The catalog.",
        text="What was written with it.",
        product_items="What was ordered.",
    )
    referral: Object = _meta(
        "The ad or post that the person came from.",
        {"source_type": "ad", "source_id": "120226305854810726"},
        source_url="Its address.",
        source_id="Its id.",
        source_type="ad or post.",
        headline="Its headline.",
        ctwa_clid="The click's id.",
    )
    system: Object = _meta(
        "News about the person, such as a changed number.",
        {"type": "user_changed_number", "wa_id": "12195555358"},
        type="What changed.",
        body="It in words.",
        wa_id="The new number.",
        user_id="The new user id.",
    )
    unsupported: Object = _meta(
        "What kind of message the API could not pass on.", {"type": "edit"}, type="Its kind."
    )
    edit: Object = _meta(
        "The changed text of an earlier message.",
        {"original_message_id": "wamid.HBgL"},
        original_message_id="The message that was changed.",
        message="What it says now.",
    )
    revoke: Object = _meta(
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


M = TypeVar("M", bound=Message)


def read_message(event: JsonObject) -> Message | None:
    """Turn an event of the plugin into the output; None when it holds no message."""
    message = as_object(event.get("message"))
    if not message:
        return None
    person = sender_of(message, as_object(event.get("contact")))
    return read_as(Message, event, message, person)


def read_as(
    model: type[M], event: JsonObject, message: Mapping[str, Any], person: Person, **others: Any
) -> M:
    """Read a message that has passed between the business and this person."""
    reply_to, reply_type = answer_to(message, person)
    kind = _type(message.get("type"))
    chosen = _chosen(message)
    sound = {"audio": message.get(VOICE)} if kind == VOICE else {}
    ours = dict[str, Any](
        reply_to=reply_to,
        reply_type=reply_type,
        **read_place(event),
        profile_name=person.profile_name,
        contact=read_contact(person),
        **sound,
        media=_media(message, kind),
        contacts=as_objects(message.get("contacts")) if kind == "contacts" else None,
        reply_id=word(chosen, "id"),
        reply_title=word(chosen, "title") or word(as_object(message.get("button")), "text"),
        flow_reply=read_flow_reply(message),
        identity_key_hash=word(as_object(event.get("contact")), "identity_key_hash"),
        is_standby=event.get("field") == "standby",
        errors=read_errors(message.get("errors")) or read_errors(event.get("errors")),
        beside=event.get("beside"),
        raw=dict(message),
    )
    return model.from_meta(message, **ours | others)


def _media(message: Mapping[str, Any], kind: str) -> ReceivedMedia | None:
    file = as_object(message.get(kind) if kind in MEDIA_TYPES else None)
    if not as_text(file.get("id")):
        return None
    sent_at = read_time(message.get("timestamp"))
    return ReceivedMedia.from_meta(
        file,
        is_voice=kind == VOICE or file.get("voice") is True,
        expires_at=sent_at + INBOUND_MEDIA_KEPT if sent_at else None,
    )


def _chosen(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the button or list row that was tapped."""
    interactive = as_object(message.get("interactive"))
    return as_object(interactive.get("button_reply")) or as_object(interactive.get("list_reply"))


def read_flow_reply(message: Mapping[str, Any]) -> FlowReply | None:
    reply = as_object(as_object(message.get("interactive")).get("nfm_reply"))
    return FlowReply.from_meta(reply) if reply else None
