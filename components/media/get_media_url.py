"""Get Media URL: where a file of Meta's can be fetched, and what Meta tells of it."""

from __future__ import annotations

from appmixer.engine.contract import Action, ActionContext, Fields

from ...plugin.media.downloads import MediaId, StoredMedia, find_media


class GetMediaUrl(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media"""

    label = "Get Media URL"
    description = "Returns where a file can be fetched for five minutes, with its type and size."
    group = "Media"
    keywords = ("Retrieve Media", "File", "Attachment", "Link")
    scopes = ("whatsapp_business_messaging",)
    effect = "read"
    port = "media"
    Output = StoredMedia

    class Input(Fields):
        media_id: MediaId

    async def receive(self, context: ActionContext, input: Input) -> StoredMedia:
        return await find_media(context, input.media_id)
