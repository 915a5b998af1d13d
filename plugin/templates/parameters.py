"""The fields that templates were filled in with before they had forms of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from appmixer.engine.contract import Fields

ParameterText = Annotated[str | int | float, Field(union_mode="left_to_right")]
# Sheets and messages give coordinates as text.
Degrees = float | Annotated[str, Field(pattern=r"^ *-?[0-9]{1,3}(\.[0-9]{1,20})? *$")]
MediaKind = Literal["image", "video", "document", "gif"]


class HeaderMedia(Fields):
    """The picture, video or document at the top of a template."""

    kind: MediaKind | None = Field(
        default=None,
        description="What it is; found out from the template where that can be read.",
        examples=["image"],
    )
    media_id: str | None = Field(
        default=None,
        title="Media ID",
        description="The id that Upload Media returned. Give either this or a link.",
        pattern="^([0-9]{1,32})?$",
        json_schema_extra={"x-hint": "an id of digits"},
        examples=["1003383421387256"],
    )
    link: str | None = Field(
        default=None,
        description="A public URL from which Meta fetches the file.",
        pattern="^(https?://.+)?$",
        json_schema_extra={"x-hint": "a web address with http:// or https://"},
        max_length=2000,
        examples=["https://www.luckyshrub.example/sale.jpg"],
    )
    file_name: str | None = Field(
        default=None,
        description="The name shown for a document.",
        max_length=240,
        examples=["invoice.pdf"],
    )


class HeaderLocation(Fields):
    """The map at the top of a template."""

    latitude: Degrees = Field(
        description="Degrees north, from -90 to 90; also as text.", examples=[37.4421]
    )
    longitude: Degrees = Field(
        description="Degrees east, from -180 to 180; also as text.", examples=[-122.1615]
    )
    name: str = Field(description="The name of the place.", examples=["Philz Coffee"])
    address: str = Field(description="Its address.", examples=["101 Forest Ave, Palo Alto"])


class ButtonParameter(Fields):
    """What one button of a template is filled with."""

    index: int = Field(ge=0, le=9, description="Which button, counted from 0.", examples=[0])
    kind: Literal["urlSuffix", "payload", "couponCode", "flowToken"] = Field(
        description="What the value is: the end of the URL (also a one-time code), the text that "
        "a quick reply sends back, a coupon code, or the token of a Flow.",
        examples=["urlSuffix"],
    )
    value: ParameterText = Field(
        description="The value; only that of a Flow may be empty.", examples=["860198"]
    )
    flow_data: dict[str, Any] | None = Field(
        default=None,
        description="Values for the first screen of a Flow.",
        examples=[{"product": "SKU-1"}],
    )


EARLIER: dict[str, JsonValue] = {"x-group": "Earlier Fields", "deprecated": True}


class EarlierParameters(Fields):
    """What templates were filled in with before there was a form; flows that do so go on."""

    body_parameters: list[ParameterText] | dict[str, ParameterText] | None = Field(
        default=None,
        description="Part of Parameters now. The values of the body: a list in the order of {{1}}, "
        "{{2}}, or an object with the names of a template that has named parameters.",
        examples=[["Sheena", "860198"], {"first_name": "Sheena"}],
        json_schema_extra={"x-widget": "json", **EARLIER},
    )
    header_text: ParameterText | None = Field(
        default=None,
        description="Part of Parameters now. The value of the variable of a text header.",
        examples=["Sheena"],
        json_schema_extra=EARLIER,
    )
    header_media: HeaderMedia | None = Field(
        default=None,
        description="Part of Parameters now. The file of a media header.",
        json_schema_extra=EARLIER,
    )
    header_location: HeaderLocation | None = Field(
        default=None,
        description="Part of Parameters now. The place of a location header.",
        json_schema_extra=EARLIER,
    )
    button_parameters: list[ButtonParameter] = Field(
        default_factory=list[ButtonParameter],
        max_length=10,
        description="Part of Parameters now. What the buttons are filled with.",
        json_schema_extra=EARLIER,
    )
    offer_expires_at: datetime | None = Field(
        default=None,
        description="Part of Parameters now. When a limited-time offer ends; without a time zone, "
        "in UTC.",
        examples=["2030-10-01T22:00:00Z"],
        json_schema_extra=EARLIER,
    )

    @property
    def is_used(self) -> bool:
        values = (
            self.body_parameters,
            self.header_media,
            self.header_location,
            self.button_parameters,
            self.offer_expires_at,
        )
        return any(values) or self.header_text not in (None, "")


# What tells a form that a step is filled in by these. Of lists only that they are there: an
# expression in what decides on a form would leave it open.
EARLIER_INPUTS = (
    "bodyParameters[].name",
    "headerText",
    "headerMedia",
    "headerLocation",
    "buttonParameters[].kind",
    "offerExpiresAt",
)
