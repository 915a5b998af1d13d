"""Delete Media: has Meta forget a file before its time."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields

from ...plugin.media.downloads import MediaId, delete


class DeleteMedia(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media"""

    label = "Delete Media"
    description = "Deletes a file at Meta; deleting it twice is the same as deleting it once."
    group = "Media"
    keywords = ("Remove File", "Attachment", "Privacy")
    scopes = ("whatsapp_business_messaging",)
    idempotent = True
    port = "deleted"

    class Input(Fields):
        media_id: MediaId

    class Output(Fields):
        media_id: MediaId
        was_there: bool = Field(
            description="Whether Meta had it until now; it also says no of others' files.",
            examples=[True],
        )

    async def receive(self, context: ActionContext, input: Input) -> Output:
        was_there = await delete(context, input.media_id)
        return self.Output(media_id=input.media_id, was_there=was_there)
