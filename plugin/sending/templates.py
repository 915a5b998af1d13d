"""What the sends of a template share: the choice, its form, the checks, and the message."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import Field

from appmixer.engine.contract import (
    ActionContext,
    Choices,
    ComponentContext,
    ConnectorError,
    Form,
    FormOf,
    Json,
    JsonObject,
    Preview,
    RejectedError,
    Wait,
)

from ..fields.senders import prove_sender
from ..foreign_json.shapes import as_text
from ..ledgers.proven_numbers import SenderNumber
from ..templates.choices import languages, templates
from ..templates.definitions import find_template, languages_of
from ..templates.filling import Filling
from ..templates.forms import DECIDING, template_form
from ..templates.parameters import EarlierParameters
from ..templates.previews import bubble_of
from ..templates.slots import PARAMETERS
from ..templates.standing import NO_SUCH_TRANSLATION, standing_fault
from .action import SendAction, send_message
from .messages import LANGUAGE_CODE, OF_WABA, TEMPLATE_NAME, ConversationInput, SentMessage
from .previews import UNKNOWN, preview_message

# Of Meta's own array only that it is there: there may be expressions in it.
FORM_OF = FormOf([*DECIDING, "components[].type"], [PARAMETERS], asks_service=True)


class TemplateInput(ConversationInput):
    """Which template is sent, and what it is filled in with."""

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
    parameters: dict[str, Any] | None = Field(
        default=None,
        description="What the template is filled in with. Its fields are those of the template: "
        "its variables, its header, what its buttons need, its cards.",
        examples=[{"body_1": "Sheena", "body_2": "860198", "button_1_url": "860198"}],
        json_schema_extra={"x-widget": "json"},
    )
    components: list[dict[str, Any]] | None = Field(
        default=None,
        title="Components (Expert)",
        description="Meta's components array as it is, in the place of Parameters.",
        examples=[[{"type": "body", "parameters": [{"type": "text", "text": "Sheena"}]}]],
        json_schema_extra={"x-widget": "json", "x-group": "Options"},
    )


class TemplateAction(SendAction):
    """Base of the components that send a template."""

    form_of: ClassVar[FormOf | None] = FORM_OF

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        return await template_form(context, input)

    async def preview(self, context: ComponentContext, input: Mapping[str, Json]) -> Preview:
        name, language = as_text(input.get("templateName")), as_text(input.get("languageCode"))
        number = as_text(input.get("phoneNumberId"))
        waba_id = as_text(input.get("businessAccountId"))
        notes: list[str] = []
        template: Mapping[str, Any] | None = None
        is_chosen = bool(number and name and language)
        if is_chosen and UNKNOWN not in number + waba_id + name + language:
            try:
                sender = await prove_sender(context, number, waba_id or None)
                template = await find_template(context, sender.waba_id, name, language)
            except ConnectorError as error:
                notes.append(str(error))
        if template is not None and (fault := standing_fault(template)) is not None:
            notes.append(str(fault))
        return await preview_message(
            context,
            input,
            summary=" · ".join(filter(None, (name, language))),
            bubble=bubble_of(template, input) if template else [],
            notes=notes,
        )


async def send_template(
    context: ActionContext,
    input: TemplateInput,
    *,
    edge: str = "messages",
    category: str | None = None,
    beside: JsonObject = MappingProxyType({}),
) -> SentMessage | Wait:
    """Send the template, of this category where only such ones may be, once all allows it.

    Raises RejectedError, with the field, for a template that is paused, rejected or otherwise out
    of use, and for what does not fit it.
    """

    filling = Filling(
        input.template_name,
        input.language_code,
        input.parameters,
        input.components,
        input if isinstance(input, EarlierParameters) and input.is_used else None,
        category,
    )

    async def message(sender: SenderNumber) -> JsonObject:
        return {**await filling.message(context, sender), **beside}

    try:
        return await send_message(context, input, message, edge=edge)
    except RejectedError as error:
        if error.code != NO_SUCH_TRANSLATION:
            raise
        raise await _with_languages(context, input, error) from None


async def _with_languages(
    context: ActionContext, input: TemplateInput, error: RejectedError
) -> RejectedError:
    """Return the refusal with the languages that the template does have, where they are known."""
    sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
    found = await languages_of(context, sender.waba_id, input.template_name)
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
