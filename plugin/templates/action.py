"""What the sends of a template share: the choice, its form, the checks, and the message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
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
from ..media.references import media_object
from ..sending.action import SendAction, send_message
from ..sending.messages import ConversationInput, SentMessage
from ..sending.previews import UNKNOWN, preview_message
from .blank import blank_of
from .choices import languages, templates
from .components import build_components, with_flows
from .definitions import (
    confirmed_template,
    find_template,
    languages_of,
    read_definition,
    read_template,
)
from .faults import missing_from
from .forms import DECIDING, no_such_template, template_form
from .parameters import EarlierParameters
from .previews import bubble_of
from .slots import PARAMETERS
from .standing import NO_SUCH_TRANSLATION, standing_fault

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
TEMPLATE_NAME = "^[a-z0-9_]{1,512}$"
LANGUAGE_CODE = "^[a-z]{2,3}(_[A-Za-z]{2,4})?$"
# What decides whose templates there are to choose from.
OF_WABA = ("businessAccountId", "phoneNumberId")
# Of Meta's own array only that it is there: there may be expressions in it.
FORM_OF = FormOf([*DECIDING, "components[].type"], [PARAMETERS], asks_service=True)
# What Meta answers to a template of another category as a marketing message.
NOT_MARKETING = 134100
Components = list[dict[str, Json]]


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

    async def message(sender: SenderNumber) -> JsonObject:
        sending = _Sending(context, input, sender, category)
        template: dict[str, Json] = {
            "name": input.template_name,
            "language": {"code": input.language_code},
        }
        if components := await sending.components():
            template["components"] = components
        return {"type": "template", "template": template, **beside}

    try:
        return await send_message(context, input, message, edge=edge)
    except RejectedError as error:
        if error.code != NO_SUCH_TRANSLATION:
            raise
        raise await _with_languages(context, input, error) from None


@dataclass(frozen=True)
class _Sending:
    """One send, held against its template as that was read last, and read again for a refusal."""

    context: ActionContext
    input: TemplateInput
    sender: SenderNumber
    category: str | None

    async def components(self) -> Components:
        place = (self.sender.waba_id, self.input.template_name, self.input.language_code)
        node = await find_template(self.context, *place)
        try:
            return await self._filled_in(node)
        except RejectedError:
            # It may have changed since it was remembered.
            again = await confirmed_template(self.context, *place)
            if again == node:
                raise
            return await self._filled_in(again)

    async def _filled_in(self, node: Mapping[str, Any] | None) -> Components:
        fault = None if node is None else standing_fault(node) or self._category_fault(node)
        if fault is not None:
            raise fault
        earlier = isinstance(self.input, EarlierParameters) and self.input.is_used
        given = [self.input.parameters, self.input.components, earlier or None]
        if sum(bool(each) for each in given) > 1:
            raise RejectedError(
                "The parameters are given twice",
                "The template is filled in by its form, and in another way as well.",
                "Keep the form alone, or empty it.",
                PARAMETERS if self.input.parameters else "components",
            )
        if self.input.components is None and not earlier:
            return await self._by_form(node)
        return self._by_hand(node)

    def _category_fault(self, node: Mapping[str, Any]) -> RejectedError | None:
        found = as_text(node.get("category"))
        if self.category in (None, found) or not found:
            return None
        return RejectedError(
            f"The template {self.input.template_name} is none of the category {self.category}",
            f"It has the category {found}.",
            "Send it with Send Template Message, or choose another template.",
            "templateName",
            NOT_MARKETING,
        )

    async def _by_form(self, node: Mapping[str, Any] | None) -> Components:
        parameters, input = self.input.parameters or {}, self.input
        if node is None and parameters:
            # What keeps it from being read is told: without it, nobody knows where values belong.
            node = await read_template(
                self.context, self.sender.waba_id, input.template_name, input.language_code
            )
            if node is None:
                found = await languages_of(self.context, self.sender.waba_id, input.template_name)
                raise no_such_template(input.template_name, input.language_code, found)
        if node is None:
            return []
        blank = blank_of(node)
        values = blank.read(parameters)
        # Nothing is uploaded for what is refused afterwards.
        blank.build({**values, **{slot.key: {} for slot in blank.slots if slot.media}}, self._now)
        for slot in blank.slots:
            if slot.media and slot.key in values:
                field = f"{PARAMETERS}.{slot.key}"
                values[slot.key] = await media_object(
                    self.context, self.sender, values[slot.key], slot.media, field=field
                )
        return blank.build(values, self._now)

    def _by_hand(self, node: Mapping[str, Any] | None) -> Components:
        definition = None if node is None else read_definition(node)
        if self.input.components is not None:
            components = with_flows([dict(each) for each in self.input.components], definition)
        else:
            assert isinstance(self.input, EarlierParameters)
            components = build_components(self.input, definition, self._now)
        fault = None if definition is None else missing_from(components, definition)
        if fault is not None:
            raise fault
        return components

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.context.clock.now, UTC)


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
