"""Upload Media: gives a file to Meta and returns the id by which messages refer to it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, RejectedError

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.foreign_json.shapes import as_text
from ...plugin.media.kinds import (
    HEAD_BYTES,
    MAX_FILE_BYTES,
    KindName,
    Medium,
    name_for,
    recognise,
    too_large,
)
from ...plugin.media.public_urls import fetch

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
UPLOADED_KEPT = timedelta(days=30)
MEMORY_BYTES = 1024 * 1024


class UploadMedia(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media"""

    label = "Upload Media"
    description = (
        "Uploads a file or the content of a URL and returns the media id that messages refer to."
    )
    group = "Media"
    keywords = ("File", "Image", "Picture", "Video", "Audio", "Document", "Attachment")
    scopes = ("whatsapp_business_messaging",)
    idempotent = True
    port = "uploaded"

    class Input(NumberInput):
        file_id: str | None = Field(
            default=None,
            title="File",
            description="A file kept here. Give either a file or a URL.",
            max_length=200,
            examples=["file-1"],
            json_schema_extra={"x-widget": "file"},
        )
        url: str | None = Field(
            default=None,
            title="URL",
            description="Where the file can be fetched by anybody, with http or https.",
            max_length=4096,
            examples=["https://www.luckyshrub.example/catalogue.pdf"],
        )
        file_name: str | None = Field(
            default=None,
            title="File Name",
            description="The name to upload it under; the file's own if left empty. Its end is "
            "made to fit the content.",
            max_length=240,
            examples=["catalogue.pdf"],
            json_schema_extra={"x-group": "Options"},
        )
        ttl_minutes: int | None = Field(
            default=None,
            title="Kept For Minutes",
            description="How long Meta keeps it; only for numbers without storage, else leave it "
            "empty.",
            ge=1,
            le=43200,
            examples=[60],
            json_schema_extra={"x-group": "Options"},
        )

    class Output(Fields):
        media_id: str = Field(
            title="Media ID",
            description="What messages refer to it by.",
            examples=["4490709327384033"],
        )
        kind: KindName = Field(
            description="The kind of message it can go into.", examples=["document"]
        )
        media_type: str = Field(
            description="Its type, as its content shows it.", examples=["application/pdf"]
        )
        file_name: str = Field(
            description="The name it was uploaded under.", examples=["catalogue.pdf"]
        )
        size_bytes: int = Field(description="Its size.", examples=[182034])
        sha256: str = Field(
            title="SHA-256",
            description="The hash of its content, in hexadecimal.",
            examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        )
        expires_at: datetime = Field(
            description="When Meta forgets it: 30 days from the upload, or as asked for.",
            examples=["2026-10-21T14:13:20Z"],
        )

    async def receive(self, context: ActionContext, input: Input) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        form = {"messaging_product": "whatsapp"}
        if input.ttl_minutes is not None:
            form["ttl_minutes"] = str(input.ttl_minutes)
        async with _source(context, input) as source:
            with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as content:
                medium, size_bytes, sha256 = await _take_in(source, content)
                name = name_for(source.names[0], medium.media_type)
                answer = await graph_of(context).post(
                    f"{sender.id}/media",
                    form=form | {"type": medium.media_type},
                    files={"file": (name, content, medium.media_type)},
                    repeats=True,
                )
        return self.Output(
            media_id=as_text(answer.get("id")),
            kind=medium.kind,
            media_type=medium.media_type,
            file_name=name,
            size_bytes=size_bytes,
            sha256=sha256,
            expires_at=datetime.fromtimestamp(context.clock.now, UTC) + _kept(input.ttl_minutes),
        )


def _kept(ttl_minutes: int | None) -> timedelta:
    return UPLOADED_KEPT if ttl_minutes is None else timedelta(minutes=ttl_minutes)


@dataclass(frozen=True)
class _Source:
    field: str
    names: Sequence[str]
    claimed_type: str
    size_bytes: int | None
    chunks: AsyncIterator[bytes]


@asynccontextmanager
async def _source(
    context: ActionContext, input: UploadMedia.Input
) -> AsyncGenerator[_Source, None]:
    """Open the one thing that was given, without reading any of its content yet."""
    if bool(input.file_id) == bool(input.url):
        raise RejectedError(
            "One file is needed",
            "Both a file and a URL are given." if input.url else "Neither a file nor a URL is.",
            "Fill in one of the two.",
            "fileId",
        )
    if input.file_id:
        file = await context.files.describe(input.file_id)
        chunks = context.files.read(input.file_id)
        names = _names(input.file_name, file.name)
        yield _Source("fileId", names, file.media_type, file.size_bytes, chunks)
        return
    async with fetch(input.url or "", field="url") as download:
        names = _names(input.file_name, download.file_name)
        yield _Source("url", names, download.media_type, download.size_bytes, download.chunks)


def _names(*given: str | None) -> list[str]:
    return [*filter(None, given), "file"]


async def _take_in(source: _Source, content: IO[bytes]) -> tuple[Medium, int, str]:
    """Copy the source, as far as it is allowed to be large; return what it is, size and hash."""
    if source.size_bytes is not None and source.size_bytes > MAX_FILE_BYTES:
        raise too_large(None, source.size_bytes, field=source.field)
    digest, head, medium, size_bytes = hashlib.sha256(), b"", None, 0
    async for chunk in source.chunks:
        digest.update(chunk)
        content.write(chunk)
        size_bytes += len(chunk)
        if medium is None:
            head += chunk
            medium = _recognise(source, head) if len(head) >= HEAD_BYTES else None
        if medium is not None and size_bytes > medium.max_bytes:
            raise too_large(medium, max(size_bytes, source.size_bytes or 0), field=source.field)
    medium = medium or _recognise(source, head)
    if size_bytes > medium.max_bytes:
        raise too_large(medium, size_bytes, field=source.field)
    content.seek(0)
    return medium, size_bytes, digest.hexdigest()


def _recognise(source: _Source, head: bytes) -> Medium:
    try:
        return recognise(head[:HEAD_BYTES], source.claimed_type, *source.names)
    except RejectedError as error:
        raise RejectedError(error.title, error.cause, error.cure, source.field) from None
