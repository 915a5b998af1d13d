"""What the form of a template is made of: examples, samples, buttons, cards and apps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from appmixer.engine.contract import Fields

from ..templates.parameters import ParameterText

Category = Literal["UTILITY", "MARKETING", "AUTHENTICATION"]
HeaderKind = Literal["text", "image", "video", "gif", "document", "location", "product"]
FILE_HEADERS = ("image", "video", "gif", "document")
ButtonKind = Literal[
    "quickReply",
    "url",
    "phoneNumber",
    "copyCode",
    "flow",
    "catalog",
    "multiProduct",
    "singleProduct",
    "orderDetails",
    "voiceCall",
    "contactRequest",
]
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
MAX_BODY_CHARS = 1024
MAX_HEADER_CHARS = 60
MAX_FOOTER_CHARS = 60
MAX_LABEL_CHARS = 25
MAX_URL_CHARS = 2000
MAX_PHONE_CHARS = 20
MAX_CODE_CHARS = 15
MAX_OFFER_CHARS = 16
MAX_CARD_BODY_CHARS = 160
MAX_BUTTONS = 10
MAX_CARD_BUTTONS = 2
MAX_CARDS = 10
MAX_APPS = 5
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/time-to-live
LONGEST_LIFE_S = 2_592_000


class Example(Fields):
    """What may stand in the place of a variable, for Meta's reviewers."""

    name: str | None = Field(
        default=None,
        description="The variable: its name or number; if left empty, the examples are those of "
        "the variables in their order.",
        pattern="^([a-z_][a-z0-9_]{0,99}|[1-9][0-9]?)?$",
        examples=["first_name"],
        json_schema_extra={"x-hint": "a name of small letters, digits and _, or a number"},
    )
    value: Annotated[ParameterText, Field(description="The example.", examples=["Sheena"])]


Examples = Annotated[
    list[Example],
    Field(
        max_length=50,
        description="One example for each variable, as people might get it. No real data of "
        "customers.",
        # One alone, because the body's own example has no variable.
        examples=[[{"value": "Sheena"}]],
    ),
]


def _unless(*others: str) -> JsonValue:
    """A form shows the field while the others are empty, so that one of them can be chosen."""
    empty: list[JsonValue] = ["", None]
    return {each: empty for each in others}


class Sample(Fields):
    """A file that shows the reviewers what the header may hold: exactly one of three."""

    file_id: str | None = Field(
        default=None,
        title="File",
        description="A file kept here.",
        max_length=200,
        examples=["file-1"],
        json_schema_extra={"x-widget": "file", "x-when": _unless("link", "handle")},
    )
    link: str | None = Field(
        default=None,
        description="Where anybody can fetch the file, with http or https.",
        max_length=4096,
        examples=["https://www.luckyshrub.example/sale.jpg"],
        json_schema_extra={"x-when": _unless("fileId", "handle")},
    )
    handle: str | None = Field(
        default=None,
        description="What Meta's resumable upload answered, for those who have uploaded already.",
        max_length=4096,
        examples=["4::aW1hZ2UvanBlZw==:ARbFixtureHandle"],
        json_schema_extra={"x-when": _unless("fileId", "link")},
    )


class Button(Fields):
    """A button below the text."""

    kind: ButtonKind = Field(
        default="quickReply",
        description="What it does when it is tapped.",
        examples=["quickReply"],
        json_schema_extra={"x-widget": "select"},
    )
    text: str | None = Field(
        default=None,
        title="Label",
        description="What stands on it; those of copyCode and contactRequest are WhatsApp's own.",
        max_length=MAX_LABEL_CHARS,
        examples=["Stop updates"],
    )
    url: str | None = Field(
        default=None,
        title="URL",
        description="What it opens. Only its end may be a variable, such as {{1}}, to be marked "
        "as literal in a flow.",
        max_length=MAX_URL_CHARS,
        examples=["https://www.luckyshrub.example/track"],
        json_schema_extra={"x-when": {"kind": ["url"]}},
    )
    url_example: ParameterText | None = Field(
        default=None,
        title="URL Example",
        description="What may stand in the place of its variable, or the whole address with it.",
        examples=["860198"],
        json_schema_extra={"x-when": {"kind": ["url"]}},
    )
    phone_number: str | None = Field(
        default=None,
        description="The number that it calls, with its country code.",
        pattern=r"^(\+?[0-9 ()-]{3,20})?$",
        max_length=MAX_PHONE_CHARS,
        examples=["+15550783881"],
        json_schema_extra={
            "x-when": {"kind": ["phoneNumber"]},
            "x-hint": "a phone number with its country code",
        },
    )
    code_example: str | None = Field(
        default=None,
        description="An example of the code that it copies.",
        max_length=MAX_CODE_CHARS,
        examples=["SPRING25"],
        json_schema_extra={"x-when": {"kind": ["copyCode"]}},
    )
    flow_id: str | None = Field(
        default=None,
        title="Flow ID",
        description="The id of the WhatsApp Flow that it opens; give this or its name.",
        pattern="^([0-9]{1,32})?$",
        examples=["1234567890"],
        json_schema_extra={"x-when": {"kind": ["flow"]}, "x-hint": "an id of digits"},
    )
    flow_name: str | None = Field(
        default=None,
        description="The name of the WhatsApp Flow.",
        max_length=200,
        examples=["appointment"],
        json_schema_extra={"x-when": {"kind": ["flow"]}},
    )
    first_screen: str | None = Field(
        default=None,
        description="The screen on which the Flow begins; leave it empty where its endpoint "
        "decides.",
        max_length=200,
        examples=["WELCOME"],
        json_schema_extra={"x-when": {"kind": ["flow"]}},
    )
    ttl_minutes: int | None = Field(
        default=None,
        title="Can Call For Minutes",
        description="For how long it can be called.",
        ge=1,
        le=43_200,
        examples=[1440],
        json_schema_extra={"x-when": {"kind": ["voiceCall"]}},
    )


class Card(Fields):
    """A card of a carousel. All have a header and buttons of the same kinds."""

    header_kind: Literal["image", "video", "product"] = Field(
        default="image",
        title="Header",
        description="What stands at its top.",
        examples=["image"],
        json_schema_extra={"x-widget": "select"},
    )
    header_sample: Sample | None = Field(
        default=None,
        title="Sample",
        description="A picture or video for the reviewers.",
        json_schema_extra={"x-when": {"headerKind": ["image", "video"]}},
    )
    body: str | None = Field(
        default=None,
        title="Text",
        description="The text below it. WhatsApp's variables are to be marked as literal in a "
        "flow.",
        max_length=MAX_CARD_BODY_CHARS,
        examples=["Fresh every day."],
        json_schema_extra={"x-widget": "textarea"},
    )
    body_examples: Examples = Field(default_factory=list[Example])
    buttons: list[Button] = Field(
        min_length=1, max_length=MAX_CARD_BUTTONS, description="Its buttons, one or two."
    )


class SupportedApp(Fields):
    """An Android app that can take the code over by itself."""

    package_name: str = Field(
        description="The name of its package.",
        pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$",
        max_length=224,
        examples=["com.example.luckyshrub"],
        json_schema_extra={"x-hint": "the name of an Android package"},
    )
    signature_hash: str = Field(
        description="The hash of the app's signature.",
        pattern="^[A-Za-z0-9+/=_-]{11}$",
        examples=["K8a/AINcGX7"],
        json_schema_extra={"x-hint": "a hash of 11 characters"},
    )
