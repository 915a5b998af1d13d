"""Files of a send: ids that must exist, and what becomes of a file that does not suit its type."""

from __future__ import annotations

from collections.abc import Iterator

from ...protocol.errors import invalid_value
from ...protocol.parameters import MAX_UPLOAD_BYTES
from ...protocol.shapes import Json, is_object, objects, text
from ...world.entities import Media, PhoneNumber
from ...world.world import World
from ..media.media import MAX_BYTES_BY_TYPE
from .interactive import header_media
from .validation import MEDIA_TYPES

STICKER = "image/webp"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
MAX_STILL_STICKER_BYTES = 100 * 1024
VOICE_TYPES = ("audio/ogg", "audio/opus")


def check_ids(world: World, number: PhoneNumber, kind: str, content: Json) -> None:
    """An uploaded file must exist, still, and belong to the same account."""
    for holder in sources(kind, content):
        media_id = holder.get("id")
        if media_id is not None and _stored(world, number, str(media_id)) is None:
            raise invalid_value(f"Media id {media_id} does not exist or has expired")


def problem(world: World, number: PhoneNumber, kind: str, content: Json) -> str | None:
    """Why an uploaded file cannot be sent as this type; found out after the send was accepted."""
    if kind not in MEDIA_TYPES or not content.get("id"):
        return None
    media = _stored(world, number, str(content["id"]))
    if media is None:
        return None
    return unsuitable(kind, media.mime_type, media.content, is_voice=content.get("voice") is True)


def unsuitable(kind: str, mime_type: str, content: bytes, *, is_voice: bool = False) -> str | None:
    """What is wrong with a file as a message of this type, or nothing."""
    mime_type = mime_type.partition(";")[0].strip().lower()
    allowed = VOICE_TYPES if is_voice else _types_of(kind)
    if kind != "document" and mime_type not in allowed:
        return (
            f"Unsupported {kind.capitalize()} mime type {mime_type}. "
            f"Please use one of {', '.join(allowed)}."
        )
    # As a document Meta takes other types too, as users report.
    most = MAX_UPLOAD_BYTES if kind == "document" else MAX_BYTES_BY_TYPE[mime_type]
    if kind == "sticker" and not is_animated(content):
        most = MAX_STILL_STICKER_BYTES
    if len(content) > most:
        return f"The file has {len(content)} bytes; a message of type {kind} may have {most}."
    return None


def _types_of(kind: str) -> tuple[str, ...]:
    if kind == "sticker":
        return (STICKER,)
    return tuple(
        mime_type
        for mime_type in MAX_BYTES_BY_TYPE
        if mime_type.startswith(f"{kind}/") and mime_type != STICKER
    )


def is_animated(content: bytes) -> bool:
    """Whether a WebP file says in its extended header that it moves."""
    # https://developers.google.com/speed/webp/docs/riff_container
    return content[12:16] == b"VP8X" and len(content) > 20 and bool(content[20] & 0x02)


def sources(kind: str, content: Json) -> Iterator[Json]:
    """Every object of a checked message that has an id or a link."""
    if kind in MEDIA_TYPES:
        yield content
    elif kind == "interactive":
        yield from header_media(content)
    elif kind == "template":
        yield from _in_components(objects(content.get("components")))


def _in_components(components: list[Json]) -> Iterator[Json]:
    for component in components:
        for parameter in objects(component.get("parameters")):
            media = parameter.get(text(parameter.get("type")))
            if parameter.get("type") in (*MEDIA_TYPES, "gif") and is_object(media):
                yield media
        for card in objects(component.get("cards")):
            yield from _in_components(objects(card.get("components")))


def _stored(world: World, number: PhoneNumber, media_id: str) -> Media | None:
    """The file, where it is the account's and not expired."""
    media = world.media.get(media_id)
    if media is None or media.expires_at <= world.clock.now():
        return None
    return media if world.numbers[media.number_id].waba_id == number.waba_id else None
