"""The picture, sound, video or document of a message: an id at Meta, a link or a file kept here."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator, model_validator

from appmixer.engine.contract import ComponentContext, Fields, Json, RejectedError, is_public

from ..foreign_json.shapes import as_object, as_text
from ..ledgers.proven_numbers import SenderNumber
from .kinds import CONTAINERS, KINDS, TYPES, KindName, Medium
from .sources import kept_file
from .uploads import upload

# Numbers that store nothing forget an upload after an hour; a message sent later needs a new one.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/no-storage
REUSED_FOR_S = 45 * 60.0

Wanted: TypeAlias = "KindName | Literal['voice']"
"""What a message takes: a kind of media, or of sounds those that can be voice messages."""

VOICE_TYPES = ("audio/ogg",)
WORDS: dict[Wanted, str] = {
    "image": "a picture",
    "video": "a video",
    "audio": "a sound",
    "voice": "a voice message, which is OGG coded with Opus",
    "sticker": "a sticker, which is WebP",
    "document": "a document",
}


def _unless(*others: str) -> JsonValue:
    """A form shows the field while the others are empty, so that one of them can be chosen."""
    empty: list[JsonValue] = ["", None]
    return {each: empty for each in others}


# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/image-messages
MAX_CAPTION_CHARS = 1024
Caption = Annotated[
    str | None,
    Field(
        description="The text below it. WhatsApp's marks for *bold* and _italic_ work.",
        max_length=MAX_CAPTION_CHARS,
        examples=["Here you go"],
        json_schema_extra={"x-widget": "textarea"},
    ),
]

ShownName = Annotated[
    str | None,
    Field(
        title="File Name",
        description="The name that the person sees; a file kept here has one already. Its end "
        "decides on the icon.",
        max_length=240,
        examples=["invoice-860198.pdf"],
    ),
]
AsVoice = Annotated[
    bool,
    Field(
        title="As Voice Message",
        description="Shows it as if it had been spoken here. It has to be OGG with Opus, mono.",
        examples=[True],
        json_schema_extra={"x-widget": "toggle"},
    ),
]


class Media(Fields):
    """A file for a message: exactly one of a media ID, a link and a file kept here."""

    media_id: str | None = Field(
        default=None,
        title="Media ID",
        description="The id that Upload Media returned; Meta keeps it for 30 days.",
        pattern="^([0-9]{1,32})?$",
        examples=["1003383421387256"],
        json_schema_extra={"x-hint": "an id of digits", "x-when": _unless("link", "fileId")},
    )
    link: str | None = Field(
        default=None,
        description="A public address from which Meta fetches it when the message is sent.",
        pattern="^(https?://.+)?$",
        max_length=2048,
        examples=["https://www.luckyshrub.example/img/1.jpg"],
        json_schema_extra={
            "x-hint": "a web address with http:// or https://",
            "x-when": _unless("mediaId", "fileId"),
        },
    )
    file_id: str | None = Field(
        default=None,
        title="File",
        description="A file kept here; it is uploaded when the message is sent.",
        max_length=200,
        examples=["file-1"],
        json_schema_extra={"x-widget": "file", "x-when": _unless("mediaId", "link")},
    )

    @field_validator("link")
    @classmethod
    def _can_be_reached(cls, link: str | None) -> str | None:
        if link and not _is_public(link):
            raise ValueError("Meta can fetch it only from a public address without a password.")
        return link

    # JSON Schema could say it by oneOf, whose faults no host can put into words.
    @model_validator(mode="after")
    def _is_one(self) -> Self:
        named = {"a media ID": self.media_id, "a link": self.link, "a file": self.file_id}
        given = [name for name, value in named.items() if value]
        if len(given) != 1:
            told = " and ".join(given) or "none"
            raise ValueError(f"Give one of media ID, link and file; here is {told}.")
        return self


async def media_object(
    context: ComponentContext, sender: SenderNumber, media: Media, kind: Wanted, *, field: str
) -> dict[str, Json]:
    """Return what a message says of its medium, `{"id": ...}` or `{"link": ...}`.

    A file is uploaded for the sender, or was so within the last 45 minutes. Raises RejectedError
    that names the field, before any call, for what a message of the kind does not take, as far as
    that can be known: from the content of a file, and from how a link ends.
    """
    if media.media_id:
        return {"id": media.media_id}
    if media.link:
        _check_link(media.link, kind, field)
        return {"link": media.link}
    return {"id": await _uploaded(context, sender, media.file_id or "", kind, field)}


async def kept_name(context: ComponentContext, media: Media) -> str:
    """Return the name of a file kept here; empty where it is something else."""
    return (await context.files.describe(media.file_id)).name if media.file_id else ""


def filled(**given: Json) -> dict[str, Json]:
    """Return what of it is not empty: Meta takes no null for a field that is left out."""
    return {name: value for name, value in given.items() if value}


async def _uploaded(
    context: ComponentContext, sender: SenderNumber, file_id: str, kind: Wanted, field: str
) -> str:
    source = await kept_file(context, file_id, field=field)
    # A list of a thousand people, or a step that is repeated, needs the same file there once.
    key = f"uploaded:{sender.id}:{context.owner_id}:{file_id}:{kind}"
    known = as_object((await context.store.get([key])).get(key))
    if known:
        return as_text(known.get("id"))

    def objection(medium: Medium) -> RejectedError | None:
        return None if medium.media_type in _types_for(kind) else _unfit(medium, kind, field)

    uploaded = await upload(context, sender, source, objection=objection)
    entry: dict[str, Json] = {"id": uploaded.media_id}
    await context.store.put({key: entry}, expires_in_s=REUSED_FOR_S)
    return uploaded.media_id


def _types_for(kind: Wanted) -> tuple[str, ...]:
    if kind == "voice":
        return VOICE_TYPES
    # Users report that Meta takes what is something else as a document too.
    of_kind = [each.media_types for each in KINDS if kind in (each.name, "document")]
    return tuple(media_type for types in of_kind for media_type in types)


def _check_link(link: str, kind: Wanted, field: str) -> None:
    name, _, end = urlsplit(link).path.rpartition("/")[2].rpartition(".")
    told = TYPES.get(end.lower()) if name else None
    if told is None or kind == "document":
        return
    possible = {told, *CONTAINERS.get(told, ())}
    if possible.isdisjoint(_types_for(kind)):
        raise RejectedError(
            "The link is to another kind of file",
            f"It ends with .{end}, and this message takes {WORDS[kind]}.",
            "Link another file, or send it by the message of its kind.",
            field,
        )


def _unfit(medium: Medium, kind: Wanted, field: str) -> RejectedError:
    return RejectedError(
        "The file is of another kind",
        f"It is {WORDS[medium.kind]} of the type {medium.media_type}; this message takes "
        f"{WORDS[kind]}.",
        "Choose another file, or send it by the message of its kind.",
        field,
    )


def _is_public(link: str) -> bool:
    try:
        found = urlsplit(link)
        host = found.hostname or ""
    except ValueError:
        return False
    if not host or "@" in found.netloc or host == "localhost" or host.endswith(".localhost"):
        return False
    is_address = ":" in host or host.replace(".", "").isdigit()
    return is_public(host) if is_address else True
