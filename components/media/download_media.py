"""Download Media: takes a file that a person sent, or that was uploaded, into the files here."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields

from ...plugin.media.downloads import MAX_INBOUND_MB, DownloadedMedia, FileName, MediaId, download
from ...plugin.media.kinds import MB


class DownloadMedia(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media"""

    label = "Download Media"
    description = "Takes a file that a person sent into the files here, whole and checked."
    group = "Media"
    keywords = ("Receive File", "Save Attachment", "Image", "Document", "Voice Message")
    scopes = ("whatsapp_business_messaging",)
    effect = "read"
    port = "downloaded"
    Output = DownloadedMedia

    class Input(Fields):
        media_id: MediaId
        file_name: FileName = None
        max_size_mb: int = Field(
            default=MAX_INBOUND_MB,
            title="Largest Size in MB",
            description="What is larger is refused. Meta passes on files of up to 100 MB.",
            ge=1,
            le=MAX_INBOUND_MB,
            examples=[25],
            json_schema_extra={"x-group": "Options"},
        )

    async def receive(self, context: ActionContext, input: Input) -> DownloadedMedia:
        name, max_bytes = input.file_name or "", input.max_size_mb * MB
        return await download(context, input.media_id, name=name, max_bytes=max_bytes)
