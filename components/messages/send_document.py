"""A document, under a name, inside the customer service window."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Json, Wait

from ...plugin.ledgers.proven_numbers import SenderNumber
from ...plugin.media.references import Caption, Media, ShownName, filled, kept_name, media_object
from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import FreeFormInput, SentMessage


class SendDocument(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/document-messages"""

    label = "Send Document Message"
    description = "Sends a document to a person who wrote to you within the last 24 hours."
    group = "Messages"
    keywords = ("File", "PDF", "Attachment", "Media")
    shows = (("document", "document"), ("caption", "text"))

    class Input(FreeFormInput):
        document: Media = Field(
            title="Document",
            description="PDF, Word, Excel, PowerPoint or plain text of up to 100 MB.",
            examples=[{"mediaId": "622684793477189"}],
        )
        file_name: ShownName = None
        caption: Caption = None

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        async def body(sender: SenderNumber) -> dict[str, Json]:
            file = await media_object(context, sender, input.document, "document", field="document")
            name = input.file_name or await kept_name(context, input.document)
            beside = filled(caption=input.caption, filename=name)
            return {"type": "document", "document": {**file, **beside}}

        return await send_message(context, input, body)
