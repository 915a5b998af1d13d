"""Media: upload, address, download, delete, and how long each of them lasts."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import JSONResponse, Response

from ...protocol.errors import MetaError, missing_parameter, new_trace, refused, unknown_object
from ...protocol.fields import pick
from ...protocol.shapes import Json
from ...protocol.signing import same
from ...world.entities import Media, PhoneNumber
from ...world.world import World
from ..call import Answer, Call, success

MB = 1024 * 1024
KB = 1024
UPLOAD_LIFE_S = 30 * 24 * 3600.0
INBOUND_LIFE_S = 7 * 24 * 3600.0
URL_LIFE_S = 300.0
# https://developers.facebook.com/documentation/business-messaging/whatsapp/no-storage
NO_STORAGE = "NO_STORAGE_ENABLED"
NO_STORAGE_LIFE_S = 3600.0
TTL_MINUTES = range(1, 30 * 24 * 60 + 1)
# The first packet of an Ogg file names its codec.
VORBIS = b"\x01vorbis"
OGG_HEADER_BYTES = 64
MAX_STORED_BYTES = 512 * MB
ATTACHMENTS_PATH = "/whatsapp_business/attachments/"

_OOXML = "application/vnd.openxmlformats-officedocument."
# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
MAX_BYTES_BY_TYPE: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(
            ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus"),
            16 * MB,
        ),
        **dict.fromkeys(
            (
                "text/plain",
                "application/pdf",
                "application/msword",
                "application/vnd.ms-excel",
                "application/vnd.ms-powerpoint",
                f"{_OOXML}wordprocessingml.document",
                f"{_OOXML}spreadsheetml.sheet",
                f"{_OOXML}presentationml.presentation",
            ),
            100 * MB,
        ),
        **dict.fromkeys(("image/jpeg", "image/png"), 5 * MB),
        "image/webp": 500 * KB,
        **dict.fromkeys(("video/mp4", "video/3gpp"), 16 * MB),
    }
)
NODE_FIELDS = ("messaging_product", "url", "mime_type", "sha256", "file_size", "id")


async def upload(call: Call) -> Answer:
    world, number = call.world, call.number()
    if call.parameters.get("messaging_product") != "whatsapp":
        raise MetaError(100, "(#100) The parameter messaging_product is required.")
    file = (call.files or {}).get("file")
    if file is None:
        raise missing_parameter("file")
    content = await file.read()
    # The part's own type decides: people whose part says application/octet-stream are refused,
    # whatever stands in `type` (public reports, 2023 to 2026).
    declared = str(file.content_type or call.parameters.get("type") or "").lower()
    mime_type = declared.split(";")[0].strip()
    limit = MAX_BYTES_BY_TYPE.get(mime_type)
    if limit is None:
        known = ", ".join(sorted(MAX_BYTES_BY_TYPE))
        raise MetaError(
            100,
            f"(#100) Param file must be a file with one of the following types: {known}. "
            f"Received file of type '{mime_type or 'unknown'}'.",
        )
    if not content:
        raise refused(131053, "The file is empty.")
    if len(content) > limit:
        raise refused(
            131053, f"The file has {len(content)} bytes; {mime_type} may have at most {limit}."
        )
    if mime_type == "audio/ogg" and VORBIS in content[:OGG_HEADER_BYTES]:
        raise refused(131053, "An Ogg file may hold Opus audio and nothing else.")
    media = store(world, number, content, mime_type, _life_s(call), file.filename)
    return {"id": media.id}


async def get(call: Call) -> Answer:
    media = _usable(call)
    known: Json = {
        "messaging_product": "whatsapp",
        "url": address(call.world, media, call.base_url),
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        # A number, as clients see it; Meta's OpenAPI file says a string and some pages do too.
        "file_size": len(media.content),
        "id": media.id,
    }
    return pick(
        {name: lambda selected: known[selected.name] for name in NODE_FIELDS},
        call.fields(),
        NODE_FIELDS,
        "WhatsAppBusinessMedia",
    )


async def delete(call: Call) -> Answer:
    media = _usable(call)
    del call.world.media[media.id]
    return success()


def download(call: Call) -> Response:
    """The bytes, for whoever has a token for them and a fresh address. Everything else is 404."""
    world, given = call.world, call.parameters
    if call.method not in ("GET", "HEAD"):
        return _not_found()
    media = world.media.get(str(given.get("mid")))
    expires = str(given.get("ext"))
    if media is None or call.token is None or not expires.isdecimal():
        return _not_found()
    number = world.numbers[media.number_id]
    is_fresh = world.clock.now() < min(float(expires), media.expires_at)
    is_signed = same(str(given.get("hash")), _mark(media, expires))
    if not (is_fresh and is_signed and call.token.sees(number.waba_id)):
        return _not_found()
    return Response(media.content, media_type=media.mime_type)


def store(
    world: World,
    number: PhoneNumber,
    content: bytes,
    mime_type: str,
    life_s: float,
    filename: str | None = None,
) -> Media:
    media = Media(
        id=world.new_id(),
        number_id=number.id,
        content=content,
        mime_type=mime_type,
        expires_at=world.clock.now() + life_s,
        sha256=hashlib.sha256(content).hexdigest(),
        filename=filename,
    )
    _make_room(world, len(content))
    world.media[media.id] = media
    return media


def address(world: World, media: Media, base_url: str) -> str:
    """Where the bytes are for the next five minutes."""
    expires = str(int(world.clock.now() + URL_LIFE_S))
    query = f"mid={media.id}&source=getMedia&ext={expires}&hash={_mark(media, expires)}"
    return f"{base_url}{ATTACHMENTS_PATH}?{query}"


def sha256_of_webhook(media: Media) -> str:
    """Webhooks carry the same hash in base64, the media node in hexadecimal."""
    return base64.b64encode(bytes.fromhex(media.sha256)).decode()


def _mark(media: Media, expires: str) -> str:
    # Only this process checks it; it keeps people from making up addresses.
    mark = hmac.new(media.sha256.encode(), f"{media.id}:{expires}".encode(), hashlib.sha256)
    return "AR" + base64.urlsafe_b64encode(mark.digest()).decode().rstrip("=")


def _usable(call: Call) -> Media:
    media = call.media()
    wanted = call.parameters.get("phone_number_id")
    if call.world.clock.now() >= media.expires_at or wanted not in (None, "", media.number_id):
        raise unknown_object(call.method, media.id)
    return media


def _life_s(call: Call) -> float:
    """How long an upload can be used: a number that stores nothing keeps it an hour or less."""
    given = call.parameters.get("ttl_minutes")
    said = "" if given is None else str(given)
    is_whole = said.isdecimal() and len(said) < 8
    if given is not None and not (is_whole and int(said) in TTL_MINUTES):
        raise MetaError(
            100, f"(#100) Param ttl_minutes must be from {TTL_MINUTES[0]} to {TTL_MINUTES[-1]}"
        )
    storage = call.number().settings.storage_configuration
    if storage.get("status") != NO_STORAGE:
        return UPLOAD_LIFE_S
    return NO_STORAGE_LIFE_S if given is None else int(said) * 60.0


def _make_room(world: World, size: int) -> None:
    """Forget what expired, and the oldest where all files together grow too large."""
    now = world.clock.now()
    for media_id in [one.id for one in world.media.values() if one.expires_at <= now]:
        del world.media[media_id]
    stored = size + sum(len(one.content) for one in world.media.values())
    while world.media and stored > MAX_STORED_BYTES:
        oldest = next(iter(world.media))
        stored -= len(world.media.pop(oldest).content)


def _not_found() -> Response:
    error = MetaError(100, "The requested media could not be found or the URL has expired.")
    return JSONResponse(error.body(new_trace()), status_code=404)
