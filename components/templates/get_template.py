"""Get Template: one language of a template, with all of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from appmixer.engine.contract import Action, ActionContext, JsonObject

from ...plugin.template_drafts.details import DETAILS_SAMPLE, TemplateDetails
from ...plugin.template_drafts.lookups import WhichTemplate, look_up


class GetTemplate(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management"""

    label = "Get Template"
    description = "Gets a message template by its id, or by its name and language."
    group = "Templates"
    keywords = ("Find Template", "Read Template", "HSM")
    scopes = ("whatsapp_business_management",)
    effect = "read"
    port = "template"
    samples: ClassVar[Mapping[str, JsonObject]] = {"template": DETAILS_SAMPLE}
    Input = WhichTemplate
    Output = TemplateDetails

    async def receive(self, context: ActionContext, input: WhichTemplate) -> TemplateDetails:
        return await look_up(context, input)
