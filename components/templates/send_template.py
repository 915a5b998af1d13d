"""Send Template: an approved message, the only one that may open a conversation."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from appmixer.engine.contract import ActionContext, FormOf, Wait

from ...plugin.sending.messages import SentMessage
from ...plugin.sending.templates import FORM_OF, TemplateAction, TemplateInput, send_template
from ...plugin.templates.parameters import EARLIER_INPUTS, EarlierParameters


class SendTemplate(TemplateAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/template-messages"""

    label = "Send Template Message"
    description = "Sends an approved template, the only message that may open a conversation."
    group = "Templates"
    keywords = ("HSM", "Notification", "Broadcast", "Campaign", "Reminder")
    form_of: ClassVar[FormOf | None] = replace(FORM_OF, inputs=[*FORM_OF.inputs, *EARLIER_INPUTS])

    class Input(EarlierParameters, TemplateInput):
        pass

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        return await send_template(context, input)
