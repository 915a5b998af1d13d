"""The form in which a template is written: simple fields first, the rest under headings."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from appmixer.engine.contract import Choices, Fields

from ..fields.definitions import BusinessAccountId
from ..templates.parameters import ParameterText
from .choices import template_ids
from .faults import fault
from .languages import LANGUAGES, written_languages
from .parts import (
    FILE_HEADERS,
    LONGEST_LIFE_S,
    MAX_APPS,
    MAX_BODY_CHARS,
    MAX_BUTTONS,
    MAX_CARDS,
    MAX_FOOTER_CHARS,
    MAX_HEADER_CHARS,
    MAX_LABEL_CHARS,
    MAX_OFFER_CHARS,
    Button,
    Card,
    Category,
    Example,
    Examples,
    HeaderKind,
    Sample,
    SupportedApp,
)

Extra = dict[str, JsonValue]

WRITTEN = ["UTILITY", "MARKETING"]


def _written(group: str = "", widget: str = "", **when: list[JsonValue]) -> Extra:
    """Return how a field stands in the form of a template whose text is one's own."""
    extra: Extra = {"x-when": {"category": [*WRITTEN], **when}}
    return _standing(extra, group, widget)


def _of_authentication(widget: str = "", **when: list[JsonValue]) -> Extra:
    extra: Extra = {"x-when": {"category": ["AUTHENTICATION"], **when}}
    return _standing(extra, "Authentication", widget)


def _standing(extra: Extra, group: str, widget: str) -> Extra:
    if group:
        extra["x-group"] = group
    if widget:
        extra["x-widget"] = widget
    return extra


class Naming(Fields):
    """What a template is called, in which language it is, and what it is for."""

    business_account_id: BusinessAccountId = None
    name: str = Field(
        description="By what flows call it: small letters, digits and _.",
        pattern="^[a-z0-9_]{1,512}$",
        examples=["order_confirmation"],
        json_schema_extra={"x-hint": "a name of small letters, digits and _"},
    )
    language: Annotated[str, Choices(written_languages)] = Field(
        description="The code of the language that it is written in; en is not en_US.",
        pattern="^[a-z]{2,3}(_[A-Z]{2})?$",
        examples=["en_US"],
        json_schema_extra={"x-hint": "the code of a language", "x-widget": "select"},
    )

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.language not in LANGUAGES:
            cause = f"Meta has no templates in {self.language}."
            raise fault("language", cause, "Choose one of the list, such as en_US.")
        return self


class ExistingTemplate(Fields):
    """Which template is meant, whatever its state."""

    business_account_id: BusinessAccountId = None
    template_id: Annotated[str, Choices(template_ids, depends_on=["businessAccountId"])] = Field(
        title="Template",
        description="The id of the template in one language.",
        pattern="^[0-9]{1,32}$",
        examples=["1689556908129832"],
        json_schema_extra={"x-hint": "an id of digits", "x-widget": "select"},
    )


class TemplateContent(Fields):
    """What stands in a template, in plain form or as Meta's array."""

    category: Category = Field(
        description="UTILITY for what people have asked for, MARKETING for anything that "
        "advertises, AUTHENTICATION for one-time codes. Meta may change it.",
        examples=["UTILITY"],
        json_schema_extra={"x-widget": "select"},
    )
    body: str | None = Field(
        default=None,
        title="Text",
        description="The text, with variables such as {{1}} or {{first_name}} between words; in "
        "a flow it has to be marked as literal.",
        max_length=MAX_BODY_CHARS,
        # Without variables: it stands in for an expression while a flow is checked.
        examples=["Your order has shipped."],
        json_schema_extra=_written(widget="textarea"),
    )
    body_examples: Examples = Field(
        default_factory=list[Example], title="Examples", json_schema_extra=_written()
    )
    footer: str | None = Field(
        default=None,
        description="The small text at its end, without variables.",
        max_length=MAX_FOOTER_CHARS,
        examples=["Lucky Shrub"],
        json_schema_extra=_written(),
    )
    header_kind: HeaderKind | None = Field(
        default=None,
        title="Header",
        description="What stands at its top; nothing if left empty.",
        examples=["text"],
        json_schema_extra=_written("Header", "select"),
    )
    header_text: str | None = Field(
        default=None,
        description="The line at its top, which may have one variable.",
        max_length=MAX_HEADER_CHARS,
        examples=["Order update"],
        json_schema_extra=_written("Header", headerKind=["text"]),
    )
    header_example: ParameterText | None = Field(
        default=None,
        description="What may stand in the place of the header's variable.",
        examples=["Sheena"],
        json_schema_extra=_written("Header", headerKind=["text"]),
    )
    header_sample: Sample | None = Field(
        default=None,
        description="A file that shows the reviewers what will stand there; it is uploaded on the "
        "way.",
        json_schema_extra=_written("Header", headerKind=[*FILE_HEADERS]),
    )
    buttons: list[Button] = Field(
        default_factory=list[Button],
        max_length=MAX_BUTTONS,
        description="Up to ten buttons. Quick replies stand together.",
        json_schema_extra=_written("Buttons"),
    )
    asks_call_permission: bool = Field(
        default=False,
        title="Ask for Permission to Call",
        description="Ask whether the business may call.",
        examples=[True],
        json_schema_extra=_written("Buttons", "toggle"),
    )
    cards: list[Card] = Field(
        default_factory=list[Card],
        max_length=MAX_CARDS,
        description="Two to ten cards beside each other, below the text. Marketing only.",
        json_schema_extra=_written("Carousel"),
    )
    offer_text: str | None = Field(
        default=None,
        title="Offer",
        description="What a limited-time offer is called. Marketing only, with a URL button.",
        max_length=MAX_OFFER_CHARS,
        examples=["Expiring offer!"],
        json_schema_extra=_written("Limited-Time Offer"),
    )
    offer_has_expiry: bool = Field(
        default=True,
        title="Offer Has an End",
        description="Shows until when the offer lasts; each send says when that is.",
        examples=[True],
        json_schema_extra=_written("Limited-Time Offer", "toggle"),
    )
    code_delivery: Literal["copyCode", "oneTap", "zeroTap"] = Field(
        default="copyCode",
        title="How the Code Arrives",
        description="copyCode: people copy it; oneTap: a tap hands it to an app; zeroTap: the app "
        "takes it by itself.",
        examples=["copyCode"],
        json_schema_extra=_of_authentication("select"),
    )
    code_button_text: str | None = Field(
        default=None,
        title="Button Label",
        description="What stands on the button that copies the code; WhatsApp's own if left empty.",
        max_length=MAX_LABEL_CHARS,
        examples=["Copy Code"],
        json_schema_extra=_of_authentication(),
    )
    autofill_text: str | None = Field(
        default=None,
        title="Autofill Label",
        description="What stands on the button that hands the code to an app.",
        max_length=MAX_LABEL_CHARS,
        examples=["Autofill"],
        json_schema_extra=_of_authentication(codeDelivery=["oneTap", "zeroTap"]),
    )
    supported_apps: list[SupportedApp] = Field(
        default_factory=list[SupportedApp],
        max_length=MAX_APPS,
        description="The Android apps that take the code over.",
        json_schema_extra=_of_authentication(codeDelivery=["oneTap", "zeroTap"]),
    )
    zero_tap_terms_accepted: bool = Field(
        default=False,
        description="You accept WhatsApp's terms for codes that apps take by themselves.",
        examples=[True],
        json_schema_extra=_of_authentication("toggle", codeDelivery=["zeroTap"]),
    )
    add_security_recommendation: bool = Field(
        default=False,
        description="Adds the advice not to share the code.",
        examples=[True],
        json_schema_extra=_of_authentication("toggle"),
    )
    code_expiration_minutes: int | None = Field(
        default=None,
        description="Adds how long the code is good for.",
        ge=1,
        le=90,
        examples=[5],
        json_schema_extra=_of_authentication(),
    )
    message_ttl_seconds: int | None = Field(
        default=None,
        title="Time to Live in Seconds",
        description="How long a message may try to arrive: 30 to 900 for AUTHENTICATION, 30 to "
        "43200 for UTILITY, 43200 to 2592000 for MARKETING; -1 for 30 days.",
        ge=-1,
        le=LONGEST_LIFE_S,
        examples=[-1],
        json_schema_extra={"x-group": "Options"},
    )
    components: list[dict[str, Any]] | None = Field(
        default=None,
        title="Components (Expert)",
        description="Meta's components array as it is; use either this or the fields above. "
        "Variables are to be marked as literal in a flow.",
        min_length=1,
        examples=[[{"type": "BODY", "text": "Your order has shipped."}]],
        json_schema_extra={"x-widget": "json", "x-group": "Options"},
    )
