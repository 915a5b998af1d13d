"""Files at Meta: where they are, and fetching them into the file store, checked and whole."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from appmixer.engine.contract import ComponentContext, Fields, RejectedError

from ..fields.senders import graph_of
from ..foreign_json.meta_fields import At, Id, MetaFields, Text, Whole
from ..foreign_json.shapes import as_text
from .kinds import EXTENSIONS, MB, bare_type, name_for

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
URL_KEPT = timedelta(minutes=5)
MAX_INBOUND_MB = 100
MAX_NAME_CHARS = 200
UNKNOWN_TYPE = "application/octet-stream"
# What Meta says of an id that is not, or not any longer, one of the account's.
NO_SUCH_OBJECT = (100, 33)

MediaId = Annotated[
    str,
    Field(
        title="Media ID",
        description="The id that a message or an upload has given.",
        pattern="^[0-9]{1,32}$",
        examples=["4490709327384033"],
        json_schema_extra={"x-hint": "an id of digits", "x-from": ["media.id", "mediaId"]},
    ),
]

FileName = Annotated[
    str | None,
    Field(
        title="File Name",
        description="The name to keep it under; made from the media id if left empty. Its end "
        "is made to fit the type.",
        max_length=1000,
        examples=["receipt.pdf"],
    ),
]


def _sha256(value: object) -> str:
    """Return the hash in hexadecimal: Meta writes it so, or in Base64, and nobody says where."""
    text = as_text(value).strip()
    if len(text) == 64:
        return text.lower()
    try:
        return base64.b64decode(text, validate=True).hex()
    except ValueError:
        return ""


class StoredMedia(MetaFields):
    """A file at Meta, and where it is for the next minutes."""

    media_id: Annotated[Id, At("id")] = Field(
        title="Media ID", description="Its id.", examples=["4490709327384033"]
    )
    url: Text = Field(
        title="URL",
        description="Where it can be fetched with the account's token.",
        examples=["https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"],
    )
    expires_at: datetime = Field(
        description="Until when the URL can be used: for five minutes.",
        examples=["2026-09-21T14:18:20Z"],
    )
    media_type: Annotated[Text, At("mime_type")] = Field(
        description="Its type, as Meta says.", examples=["image/jpeg"]
    )
    size_bytes: Annotated[Whole, At("file_size")] = Field(
        description="Its size.", examples=[303833]
    )
    sha256: Annotated[str, BeforeValidator(_sha256)] = Field(
        title="SHA-256",
        description="The hash of its content, in hexadecimal.",
        examples=["6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d"],
    )


class DownloadedMedia(Fields):
    """A file of Meta's that is kept here now."""

    file_id: str = Field(title="File ID", description="The file kept here.", examples=["file-1"])
    file_name: str = Field(description="Its name here.", examples=["receipt.pdf"])
    media_id: str = Field(
        title="Media ID", description="Its id at Meta.", examples=["4490709327384033"]
    )
    media_type: str = Field(description="Its type, as Meta says.", examples=["application/pdf"])
    size_bytes: int = Field(description="Its size.", examples=[303833])
    sha256: str = Field(
        title="SHA-256",
        description="The hash of its content, in hexadecimal.",
        examples=["6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d"],
    )


def _is_absent(error: RejectedError) -> bool:
    return (error.code, error.subcode) == NO_SUCH_OBJECT


async def find_media(context: ComponentContext, media_id: str) -> StoredMedia:
    """Return what Meta tells of a file; raise RejectedError for one that is not there any more."""
    try:
        node = await graph_of(context).get(media_id)
    except RejectedError as error:
        raise _gone(media_id, error) if _is_absent(error) else error from None
    until = datetime.fromtimestamp(context.clock.now, UTC) + URL_KEPT
    return StoredMedia.from_meta(node, expires_at=until)


async def delete(context: ComponentContext, media_id: str) -> bool:
    """Have Meta forget a file, and return whether it was there."""
    try:
        await graph_of(context).delete(media_id)
    except RejectedError as error:
        if not _is_absent(error):
            raise
        return False
    return True


async def download(
    context: ComponentContext,
    media_id: str,
    *,
    name: str = "",
    max_bytes: int = MAX_INBOUND_MB * MB,
) -> DownloadedMedia:
    """Fetch a file of Meta's into the owner's files.

    Nothing of it is kept unless all of it has come, is not too large, and has the hash that Meta
    told. The name is made to fit the type.
    """
    found = await find_media(context, media_id)
    if found.size_bytes is not None and found.size_bytes > max_bytes:
        raise _too_large(f"It has {found.size_bytes:,} bytes", max_bytes)
    digest = hashlib.sha256()

    async def checked() -> AsyncIterator[bytes]:
        size_bytes = 0
        async with aclosing(graph_of(context).download(found.url)) as chunks:
            async for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > max_bytes:
                    raise _too_large("It is larger than Meta said", max_bytes)
                digest.update(chunk)
                yield chunk
        if found.sha256 and digest.hexdigest() != found.sha256:
            raise _other_content()

    media_type = bare_type(found.media_type) or UNKNOWN_TYPE
    file = await context.files.save(_name(name, media_id, media_type), media_type, checked())
    return DownloadedMedia(
        file_id=file.id,
        file_name=file.name,
        media_id=media_id,
        media_type=media_type,
        size_bytes=file.size_bytes,
        sha256=digest.hexdigest(),
    )


def _name(given: str, media_id: str, media_type: str) -> str:
    """Return a name that any file store takes: people may call a document whatever they like."""
    last = given.replace("\\", "/").rpartition("/")[2]
    plain = "".join(each for each in last if each.isprintable()).strip(" .")
    stem, dot, end = plain.rpartition(".")
    if len(plain) > MAX_NAME_CHARS:
        is_end = dot and len(end) < MAX_NAME_CHARS // 10
        plain = f"{stem[:MAX_NAME_CHARS]}.{end}" if is_end else plain[:MAX_NAME_CHARS]
    if media_type in EXTENSIONS:
        return name_for(plain or media_id, media_type)
    return plain or f"{media_id}{mimetypes.guess_extension(media_type) or ''}"


def _gone(media_id: str, error: RejectedError) -> RejectedError:
    return RejectedError(
        f"Meta has no file {media_id}",
        "It was deleted, belongs to another account, or its time is over: Meta keeps for 7 days "
        "what people send, and for 30 days what was uploaded.",
        "Fetch files as soon as they come, and ask the person to send it again.",
        "mediaId",
        error.code,
        error.subcode,
        error.trace,
    )


def _too_large(cause: str, max_bytes: int) -> RejectedError:
    return RejectedError(
        "The file is too large",
        f"{cause}, and {max_bytes // MB} MB are allowed.",
        "Raise the largest size, or do without the file.",
        "maxSizeMb",
    )


def _other_content() -> RejectedError:
    return RejectedError(
        "The file is not the one that Meta promised",
        "Its content has another hash; it was changed or cut off on the way. Nothing is kept.",
        "Run it again. If it stays so, ask the person to send the file again.",
        "mediaId",
    )
