"""Delete Template: takes a template away, in all of its languages or in one."""

from __future__ import annotations

from appmixer.engine.contract import Action, ActionContext

from ...plugin.fields.senders import business_account
from ...plugin.template_drafts.lookups import DeletedTemplate, TemplateToDelete
from ...plugin.template_drafts.submission import delete


class DeleteTemplate(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management"""

    label = "Delete Template"
    description = "Deletes a message template, in all of its languages or in one."
    group = "Templates"
    keywords = ("Remove Template", "HSM")
    scopes = ("whatsapp_business_management",)
    idempotent = True
    port = "deleted"
    Input = TemplateToDelete
    Output = DeletedTemplate

    async def receive(self, context: ActionContext, input: TemplateToDelete) -> DeletedTemplate:
        waba_id = business_account(context, input.business_account_id)
        was_there = await delete(context, waba_id, input.name, input.template_id)
        return DeletedTemplate(name=input.name, deleted=True, was_there=was_there)
