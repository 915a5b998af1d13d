"""Upload Media: gives a file to Meta and returns the id by which messages refer to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, RejectedError

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import prove_sender
from ...plugin.media.kinds import KindName
from ...plugin.media.sources import Source, kept_file, public_file
from ...plugin.media.uploads import upload

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
UPLOADED_KEPT = timedelta(days=30)


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
        async with _source(context, input) as source:
            given = await upload(context, sender, source, ttl_minutes=input.ttl_minutes)
        return self.Output(
            media_id=given.media_id,
            kind=given.medium.kind,
            media_type=given.medium.media_type,
            file_name=given.file_name,
            size_bytes=given.size_bytes,
            sha256=given.sha256,
            expires_at=datetime.fromtimestamp(context.clock.now, UTC) + _kept(input.ttl_minutes),
        )


def _kept(ttl_minutes: int | None) -> timedelta:
    return UPLOADED_KEPT if ttl_minutes is None else timedelta(minutes=ttl_minutes)


@asynccontextmanager
async def _source(context: ActionContext, input: UploadMedia.Input) -> AsyncGenerator[Source, None]:
    """Open the one thing that was given, without reading any of its content yet."""
    if bool(input.file_id) == bool(input.url):
        raise RejectedError(
            "One file is needed",
            "Both a file and a URL are given." if input.url else "Neither a file nor a URL is.",
            "Fill in one of the two.",
            "fileId",
        )
    if input.file_id:
        yield await kept_file(context, input.file_id, field="fileId", name=input.file_name)
        return
    async with public_file(input.url or "", field="url", name=input.file_name) as source:
        yield source
