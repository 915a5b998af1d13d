"""Which template is to be read or deleted: by its id, or by its name."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from appmixer.engine.contract import ActionContext, Choices, Fields, RejectedError

from ..fields.definitions import OPTIONAL_ID_PATTERN, BusinessAccountId
from ..fields.senders import business_account, graph_of
from ..foreign_json.shapes import as_text
from .choices import template_ids, template_names
from .details import TemplateDetails
from .languages import written_languages
from .submission import find

ID_WIDGET: dict[str, JsonValue] = {"x-hint": "an id of digits", "x-widget": "select"}
NAME_HINT = "a name of small letters, digits and _"


class WhichTemplate(Fields):
    """A template in one language."""

    business_account_id: BusinessAccountId = None
    template_id: Annotated[str | None, Choices(template_ids, depends_on=["businessAccountId"])] = (
        Field(
            default=None,
            title="Template",
            description="The id of the template in one language; or give name and language.",
            pattern=OPTIONAL_ID_PATTERN,
            examples=["1689556908129832"],
            json_schema_extra=ID_WIDGET,
        )
    )
    name: Annotated[str | None, Choices(template_names, depends_on=["businessAccountId"])] = Field(
        default=None,
        description="Its name, if it is not given by its id.",
        pattern="^[a-z0-9_]{0,512}$",
        examples=["order_confirmation"],
        json_schema_extra={"x-hint": NAME_HINT, "x-widget": "select"},
    )
    language: Annotated[str | None, Choices(written_languages)] = Field(
        default=None,
        description="The code of its language, beside its name.",
        pattern="^([a-z]{2,3}(_[A-Z]{2})?)?$",
        examples=["en_US"],
        json_schema_extra={"x-hint": "the code of a language", "x-widget": "select"},
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.template_id and (self.name or self.language):
            raise RejectedError(
                "It is not clear which template is meant",
                "An id is given, and a name or language besides.",
                "Give either the id, or name and language.",
                "templateId",
            )
        if not self.template_id and not (self.name and self.language):
            raise RejectedError(
                "It is not clear which template is meant",
                "Neither an id is given, nor both a name and a language.",
                "Choose the template, or give name and language.",
                "language" if self.name else "name" if self.language else "templateId",
            )
        return self


class TemplateToDelete(Fields):
    """A template, in all of its languages or in one."""

    business_account_id: BusinessAccountId = None
    name: Annotated[str, Choices(template_names, depends_on=["businessAccountId"])] = Field(
        description="The template's name.",
        pattern="^[a-z0-9_]{1,512}$",
        examples=["order_confirmation"],
        json_schema_extra={"x-hint": NAME_HINT, "x-widget": "select"},
    )
    template_id: Annotated[
        str | None, Choices(template_ids, depends_on=["businessAccountId", "name"])
    ] = Field(
        default=None,
        title="Only This Language",
        description="The id of the one language to delete; all of them if left empty.",
        pattern=OPTIONAL_ID_PATTERN,
        examples=["1689556908129832"],
        json_schema_extra=ID_WIDGET,
    )


class DeletedTemplate(Fields):
    """What is left of it."""

    name: str = Field(description="The name that was asked for.", examples=["order_confirmation"])
    deleted: bool = Field(description="True: it is not there any more.", examples=[True])
    was_there: bool = Field(
        description="Whether it had been there; false where it was deleted before.",
        examples=[True],
    )


async def look_up(context: ActionContext, which: WhichTemplate) -> TemplateDetails:
    """Return the template; raise RejectedError where there is none."""
    if which.business_account_id:
        business_account(context, which.business_account_id)
    if which.template_id:
        node = await graph_of(context).get(which.template_id, TemplateDetails.asking())
        return TemplateDetails.from_meta(node)
    name, language = as_text(which.name), as_text(which.language)
    waba_id = business_account(context, which.business_account_id)
    found = await find(context, waba_id, name, language)
    if found is None:
        raise RejectedError(
            f"There is no template {name} in {language}",
            "The WhatsApp Business Account has none of this name in this language.",
            "Compare both with the list of its templates; en is not en_US.",
            "name",
        )
    return TemplateDetails.from_meta(found)
