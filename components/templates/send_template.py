"""Send Template: an approved message, the only one that may open a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from appmixer.engine.contract import (
    ActionContext,
    Choices,
    ComponentContext,
    ConnectorError,
    Json,
    Preview,
    RejectedError,
    Wait,
)

from ...plugin.foreign_json.shapes import as_text
from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import ConversationInput, SentMessage
from ...plugin.sending.previews import UNKNOWN, preview_message
from ...plugin.templates.choices import languages, templates
from ...plugin.templates.components import build_components
from ...plugin.templates.definitions import find_definition, find_template, languages_of
from ...plugin.templates.faults import missing_from
from ...plugin.templates.parameters import TemplateParameters
from ...plugin.templates.previews import bubble_of

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
TEMPLATE_NAME = "^[a-z0-9_]{1,512}$"
LANGUAGE_CODE = "^[a-z]{2,3}(_[A-Za-z]{2,4})?$"
# What decides whose templates there are to choose from.
OF_WABA = ("businessAccountId", "phoneNumberId")
# What Meta answers when the template does not exist in that language.
NO_SUCH_TRANSLATION = 132001


class SendTemplate(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/template-messages"""

    label = "Send Template Message"
    description = "Sends an approved template, the only message that may open a conversation."
    group = "Templates"
    keywords = ("HSM", "Notification", "Broadcast", "Campaign", "Reminder")

    class Input(TemplateParameters, ConversationInput):
        template_name: Annotated[str, Choices(templates, depends_on=OF_WABA)] = Field(
            title="Template",
            description="The template's name. It must be approved.",
            pattern=TEMPLATE_NAME,
            examples=["hello_world"],
            json_schema_extra={
                "x-hint": "a name of small letters, digits and _",
                "x-widget": "select",
            },
        )
        language_code: Annotated[str, Choices(languages, depends_on=[*OF_WABA, "templateName"])] = (
            Field(
                title="Language",
                description="The code of one of the template's languages; en is not en_US.",
                pattern=LANGUAGE_CODE,
                examples=["en_US"],
                json_schema_extra={"x-hint": "the code of a language", "x-widget": "select"},
            )
        )

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        template: dict[str, Json] = {
            "name": input.template_name,
            "language": {"code": input.language_code},
        }
        components = await _checked_components(context, input)
        if components:
            template["components"] = components
        try:
            return await send_message(context, input, {"type": "template", "template": template})
        except RejectedError as error:
            if error.code != NO_SUCH_TRANSLATION:
                raise
            raise await _with_languages(context, input, error) from None

    async def preview(self, context: ComponentContext, input: Mapping[str, Json]) -> Preview:
        name, language = as_text(input.get("templateName")), as_text(input.get("languageCode"))
        number, waba_id = (
            as_text(input.get("phoneNumberId")),
            as_text(input.get("businessAccountId")),
        )
        notes: list[str] = []
        template: Mapping[str, Any] | None = None
        is_chosen = bool(number and name and language)
        if is_chosen and UNKNOWN not in number + waba_id + name + language:
            try:
                template = await find_template(context, number, waba_id or None, name, language)
            except ConnectorError as error:
                notes.append(str(error))
        return await preview_message(
            context,
            input,
            summary=" · ".join(filter(None, (name, language))),
            bubble=bubble_of(template, input) if template else [],
            notes=notes,
        )


async def _checked_components(
    context: ActionContext, input: SendTemplate.Input
) -> list[dict[str, Json]]:
    """Build the components and, where the template can be read, hold them against it."""
    components, fault = await _held_against_definition(context, input, fresh=False)
    if fault is not None:
        # The definition may have changed since it was remembered.
        components, fault = await _held_against_definition(context, input, fresh=True)
    if fault is not None:
        raise fault
    return components


async def _held_against_definition(
    context: ActionContext, input: SendTemplate.Input, *, fresh: bool
) -> tuple[list[dict[str, Json]], RejectedError | None]:
    definition = await find_definition(
        context,
        phone_number_id=input.phone_number_id,
        business_account_id=input.business_account_id,
        name=input.template_name,
        language=input.language_code,
        fresh=fresh,
    )
    now = datetime.fromtimestamp(context.clock.now, UTC)
    components = build_components(input, definition, now)
    fault = missing_from(components, definition) if definition is not None else None
    return components, fault


async def _with_languages(
    context: ActionContext, input: SendTemplate.Input, error: RejectedError
) -> RejectedError:
    """Return the refusal with the languages that the template does have, where they are known."""
    found = await languages_of(
        context, input.phone_number_id, input.business_account_id, input.template_name
    )
    if not found or input.language_code in found:
        return error
    cure = f"Choose one of the languages it has: {', '.join(found)}."
    return RejectedError(
        error.title,
        error.cause,
        cure,
        "languageCode",
        error.code,
        error.subcode,
        error.trace,
    )
