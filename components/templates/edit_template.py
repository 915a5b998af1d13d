"""Edit Template: gives a template another content, time to live or category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from appmixer.engine.contract import Action, ActionContext, JsonObject

from ...plugin.template_drafts.details import DETAILS_SAMPLE, TemplateDetails
from ...plugin.template_drafts.drafts import ChangedTemplate
from ...plugin.template_drafts.submission import edit


class EditTemplate(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management"""

    label = "Edit Template"
    description = "Edits a message template, which Meta then reviews once more."
    group = "Templates"
    keywords = ("Update Template", "Change Template", "HSM")
    scopes = ("whatsapp_business_management",)
    port = "edited"
    samples: ClassVar[Mapping[str, JsonObject]] = {"edited": DETAILS_SAMPLE}
    Input = ChangedTemplate
    Output = TemplateDetails

    async def receive(self, context: ActionContext, input: ChangedTemplate) -> TemplateDetails:
        return await edit(context, input)
