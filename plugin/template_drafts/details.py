"""A template with everything that Meta tells of it, its parts in words of ours."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from appmixer.engine.contract import Fields, sample_of

from ..foreign_json.meta_fields import At, Flag, MetaFields, Text, Whole, Word
from ..foreign_json.shapes import as_list, as_object, as_objects, as_text, is_list
from ..templates.template import TEMPLATE_SAMPLE, Template, part_of, variables


def _text_of(kind: str) -> BeforeValidator:
    return BeforeValidator(lambda parts: as_text(part_of(parts, kind).get("text")) or None)


class TemplateButton(MetaFields):
    """A button of a template."""

    type: Text = Field(description="Its kind, as Meta calls it.", examples=["URL"])
    text: Word = Field(description="What stands on it.", examples=["Track"])
    url: Word = Field(
        title="URL",
        description="What it opens, if it opens a page.",
        examples=["https://www.luckyshrub.example/track/{{1}}"],
    )
    phone_number: Word = Field(description="Whom it calls, if it calls.", examples=["+15550783881"])


class TemplateCard(Fields):
    """A card of a carousel."""

    header_format: str = Field(description="What stands at its top.", examples=["IMAGE"])
    body: str | None = Field(description="Its text.", examples=["Fresh every day."])
    buttons: list[TemplateButton] = Field(description="Its buttons.")


def _read_buttons(parts: object) -> list[TemplateButton]:
    given = as_objects(part_of(parts, "BUTTONS").get("buttons"))
    return [TemplateButton.from_meta(each) for each in given]


def _read_cards(parts: object) -> list[TemplateCard]:
    cards = as_objects(part_of(parts, "CAROUSEL").get("cards"))
    return [_card(each.get("components")) for each in cards]


def _card(parts: object) -> TemplateCard:
    return TemplateCard(
        header_format=as_text(part_of(parts, "HEADER").get("format")),
        body=as_text(part_of(parts, "BODY").get("text")) or None,
        buttons=_read_buttons(parts),
    )


def _examples(parts: object) -> dict[str, str]:
    """Return the examples of the body's variables by their names."""
    body = part_of(parts, "BODY")
    example = as_object(body.get("example"))
    named = as_objects(example.get("body_text_named_params"))
    if named:
        return {as_text(each.get("param_name")): as_text(each.get("example")) for each in named}
    rows = as_list(example.get("body_text"))
    row = rows[0] if rows and is_list(rows[0]) else rows
    names = variables(as_text(body.get("text")))
    return dict(zip(names, map(as_text, row), strict=False))


def _offer(parts: object) -> str | None:
    part = part_of(parts, "LIMITED_TIME_OFFER")
    return as_text(as_object(part.get("limited_time_offer")).get("text")) or None


class TemplateDetails(Template):
    """A template in one language, with all of its parts."""

    body_examples: Annotated[dict[str, str], At("components"), BeforeValidator(_examples)] = Field(
        description="The examples that the reviewers saw, by the variables' names.",
        examples=[{"1": "Sheena", "2": "860198"}],
    )
    header_text: Annotated[str | None, At("components"), _text_of("HEADER")] = Field(
        description="The line at its top, if it is a text.", examples=["Order update"]
    )
    footer: Annotated[str | None, At("components"), _text_of("FOOTER")] = Field(
        description="The small text at its end.", examples=["Lucky Shrub"]
    )
    buttons: Annotated[list[TemplateButton], At("components"), BeforeValidator(_read_buttons)] = (
        Field(description="Its buttons.")
    )
    cards: Annotated[list[TemplateCard], At("components"), BeforeValidator(_read_cards)] = Field(
        description="The cards of a carousel.", examples=[[]]
    )
    offer_text: Annotated[str | None, At("components"), BeforeValidator(_offer)] = Field(
        title="Offer", description="What a limited-time offer is called.", examples=[None]
    )
    message_ttl_seconds: Annotated[Whole, At("message_send_ttl_seconds")] = Field(
        title="Time to Live in Seconds",
        description="How long a message may try to arrive, where that was chosen.",
        examples=[None],
    )
    sub_category: Word = Field(
        description="What Meta sorts it under within its category.", examples=["ORDER_STATUS"]
    )
    previous_category: Word = Field(
        description="The category that Meta has changed.", examples=["MARKETING"]
    )
    correct_category: Word = Field(
        description="The category that Meta will put it into.", examples=["MARKETING"]
    )
    link_tracking_opted_out: Annotated[Flag, At("cta_url_link_tracking_opted_out")] = Field(
        description="Whether Meta does not count taps on links.", examples=[False]
    )


DETAILS_SAMPLE = {
    **sample_of(TemplateDetails, sub_category=None, previous_category=None, correct_category=None),
    **TEMPLATE_SAMPLE,
}
