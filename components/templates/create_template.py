"""Create Template: writes a message template and hands it to Meta's reviewers."""

from __future__ import annotations

from appmixer.engine.contract import Action, ActionContext

from ...plugin.fields.senders import business_account
from ...plugin.template_drafts.drafts import NewTemplate, creation_of
from ...plugin.template_drafts.submission import CreatedTemplate, create


class CreateTemplate(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview"""

    label = "Create Template"
    description = "Creates a message template, which can be sent when Meta has approved it."
    group = "Templates"
    keywords = ("Add Template", "Submit Template", "HSM", "Carousel", "OTP", "Coupon")
    scopes = ("whatsapp_business_management",)
    idempotent = True
    port = "created"
    Input = NewTemplate
    Output = CreatedTemplate

    async def receive(self, context: ActionContext, input: NewTemplate) -> CreatedTemplate:
        waba_id = business_account(context, input.business_account_id)
        return await create(context, waba_id, await creation_of(context, input))
