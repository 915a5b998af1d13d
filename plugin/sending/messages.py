"""What a message is asked for with, and what comes back when Meta has taken it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from appmixer.engine.contract import Choices, Fields, RejectedError, sample_of

from ..fields.definitions import PhoneNumberId, SendersBusinessAccountId
from ..graph.callback_data import MAX_OPAQUE_CHARS
from ..people.recipients import RecipientType, check_form
from ..templates.choices import templates
from .fallbacks import fallback_languages
from .outcomes import DEFAULT_WAIT_S, WaitFor, WaitSeconds, WhenUnknown

WAMID = r"wamid\.[A-Za-z0-9+/=_\-]{1,300}"
ADVANCED: dict[str, JsonValue] = {"x-group": "Options"}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
TEMPLATE_NAME = "^[a-z0-9_]{1,512}$"
LANGUAGE_CODE = "^[a-z]{2,3}(_[A-Za-z]{2,4})?$"
# What decides whose templates there are to choose from.
OF_WABA = ("businessAccountId", "phoneNumberId")
AS_TEMPLATE: dict[str, JsonValue] = {"x-when": {"windowPolicy": ["template"]}, **ADVANCED}

MessageId = Annotated[
    str,
    Field(
        title="Message ID",
        pattern=f"^{WAMID}$",
        examples=["wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="],
        json_schema_extra={"x-hint": "an id that begins with wamid."},
    ),
]


Person = Annotated[
    str,
    Field(
        title="Person",
        description="A phone number with + and country code, a WhatsApp id or a user id (BSUID).",
        min_length=1,
        max_length=150,
        examples=["+16505551234", "US.13491208655302741918"],
    ),
]


class MessageInput(Fields):
    """What every message needs."""

    business_account_id: SendersBusinessAccountId = None
    phone_number_id: PhoneNumberId
    to: str = Field(
        title="Recipient",
        description="A phone number with + and country code, a WhatsApp id, a user id (BSUID) or "
        "the id of a group.",
        min_length=1,
        max_length=150,
        examples=["+16505551234", "US.13491208655302741918"],
        json_schema_extra={"x-from": ["replyTo", "recipient"]},
    )
    recipient_type: RecipientType = Field(
        default="individual",
        title="Recipient Type",
        description="Individual: one person. Group: the recipient is the id of a group that the "
        "sender is in.",
        examples=["individual"],
        json_schema_extra={"x-widget": "select", **ADVANCED},
    )
    opaque_data: str | None = Field(
        default=None,
        title="Your Reference",
        description="Up to about 400 characters that come back with every status of the message.",
        max_length=MAX_OPAQUE_CHARS,
        examples=["order:860198"],
        json_schema_extra=ADVANCED,
    )
    identity_key_hash: str | None = Field(
        default=None,
        title="Identity Key Hash",
        description="Deliver only while the person's identity key has this hash; it changes with "
        "the person's phone. The identity check has to be switched on for the number.",
        max_length=128,
        examples=["DF2lS5v2W6x="],
        json_schema_extra=ADVANCED,
    )
    wait_for: WaitFor = "accepted"
    wait_seconds: WaitSeconds = DEFAULT_WAIT_S
    when_unknown: WhenUnknown = "stop"

    @model_validator(mode="after")
    def _check_recipient(self) -> Self:
        check_form(self.to, self.recipient_type)
        return self


class ConversationInput(MessageInput):
    """What a message inside a conversation can have beside it."""

    quoted_message_id: str | None = Field(
        default=None,
        title="Quoted Message ID",
        description="The id of the message that this one answers; it is shown above the text.",
        pattern=f"^({WAMID})?$",
        examples=["wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="],
        json_schema_extra={"x-hint": "an id that begins with wamid.", **ADVANCED},
    )


class WindowInput(MessageInput):
    """What a message needs that may be sent only inside the 24-hour window."""

    window_policy: Literal["refuse", "send", "template"] = Field(
        default="refuse",
        title="When the 24-Hour Window Is Closed",
        description=(
            "Refuse: fail here when the person's last message is known to be older than 24 hours; "
            "Meta would take the message and not deliver it. Send: try it all the same. "
            "Template: send an approved template in its place."
        ),
        examples=["refuse"],
        json_schema_extra={"x-widget": "select", **ADVANCED},
    )
    unknown_window_policy: Literal["send", "refuse", "template"] = Field(
        default="send",
        title="When Nobody Knows Whether It Is Open",
        description="What to do when no message or call of the person has come through here "
        "lately. Template is possible where it is the choice for a closed window too.",
        examples=["send"],
        json_schema_extra={"x-widget": "select", **ADVANCED},
    )
    fallback_template: Annotated[str | None, Choices(templates, depends_on=OF_WABA)] = Field(
        default=None,
        title="Template in Its Place",
        description="The name of the approved template that is sent outside the window.",
        pattern=f"^({TEMPLATE_NAME[1:-1]})?$",
        examples=["hello_world"],
        json_schema_extra={
            "x-hint": "a name of small letters, digits and _",
            "x-widget": "select",
            **AS_TEMPLATE,
        },
    )
    fallback_language: Annotated[
        str | None, Choices(fallback_languages, depends_on=[*OF_WABA, "fallbackTemplate"])
    ] = Field(
        default=None,
        title="Language of the Template",
        description="The code of one of the template's languages; en is not en_US.",
        pattern=f"^({LANGUAGE_CODE[1:-1]})?$",
        examples=["en_US"],
        json_schema_extra={"x-hint": "the code of a language", "x-widget": "select", **AS_TEMPLATE},
    )
    fallback_parameters: dict[str, Any] | None = Field(
        default=None,
        title="Parameters of the Template",
        description="What the template is filled in with. Its fields are those of the template.",
        examples=[{"body_1": "Sheena"}],
        json_schema_extra={"x-widget": "json", **AS_TEMPLATE},
    )

    @model_validator(mode="after")
    def _check_fallback(self) -> Self:
        if self.window_policy != "template":
            if self.unknown_window_policy == "template":
                raise RejectedError(
                    "There is no template for an unknown window",
                    "A template is chosen for a closed window, and may then go out in place of "
                    "the message when the window is unknown as well.",
                    "Choose the template for a closed window too, or send or refuse.",
                    "unknownWindowPolicy",
                )
            return self
        for field, value in (
            ("fallbackTemplate", self.fallback_template),
            ("fallbackLanguage", self.fallback_language),
        ):
            if not value:
                raise RejectedError(
                    "The template to send in its place is not chosen",
                    "Outside the window a template takes the place of the message.",
                    "Choose the template and its language, or another window policy.",
                    field,
                )
        return self

    @property
    def needs_window(self) -> bool:
        return True


class FreeFormInput(WindowInput, ConversationInput):
    """What a message of the business's own words needs: inside the window, and it may quote."""


State = Annotated[
    Literal["open", "closed", "unknown"],
    Field(
        title="Window State",
        description="Unknown when no message or call of the person has come through here lately.",
        examples=["open"],
    ),
]
ClosesAt = Annotated[
    datetime | None,
    Field(description="When it closes or has closed.", examples=["2026-09-22T14:13:20Z"]),
]


class WindowState(Fields):
    """The 24-hour customer service window between the sender and the person."""

    state: State
    closes_at: ClosesAt = None


class SentMessage(Fields):
    """A message that Meta has accepted; whether it arrived is told by its statuses."""

    message_id: str = Field(
        title="Message ID",
        description="Meta's id (wamid); every status of the message names it.",
        examples=["wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA"],
    )
    phone_number_id: str = Field(
        title="Sender Phone Number ID",
        description="The number it was sent from.",
        examples=["106540352242922"],
    )
    recipient: str = Field(
        description="Whom it was addressed to, as Meta was told.", examples=["+16505551234"]
    )
    input: str = Field(description="The recipient as it was filled in.", examples=["+16505551234"])
    contact_wa_id: str | None = Field(
        default=None,
        title="Contact WhatsApp ID",
        description="The recipient's WhatsApp id; it can differ from the number written.",
        examples=["16505551234"],
    )
    group_id: str | None = Field(
        default=None,
        title="Group ID",
        description="The group it was sent to.",
        examples=["Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"],
    )
    contact_bsuid: str | None = Field(
        default=None,
        title="Contact User ID",
        description="The recipient's business-scoped user id, where Meta tells it.",
        examples=["US.13491208655302741918"],
    )
    recipient_form: Literal["waId", "bsuid", "groupId"] | None = Field(
        default=None,
        title="Recipient Form",
        description="By what Meta's answer names the recipient: the WhatsApp id, the user id or "
        "the group. Empty when Meta's answer was lost.",
        examples=["waId"],
    )
    status: Literal["accepted", "heldForQualityAssessment", "paused"] = Field(
        description="What Meta did with it: accepted, or held back because of its template.",
        examples=["accepted"],
    )
    delivery_status: str | None = Field(
        default=None,
        title="Delivery Status",
        description="The status by which an unanswered send was found to have been accepted.",
        examples=["sent"],
    )
    accepted_at: datetime = Field(
        description="When Meta accepted it.", examples=["2026-09-21T14:13:20Z"]
    )
    window: WindowState = Field(
        title="24-Hour Window", description="The window at the time of sending."
    )
    sent_as: Literal["message", "template"] = Field(
        default="message",
        title="Sent As",
        description="What was sent: the message, or a template, be it in its place because the "
        "window was not open.",
        examples=["message"],
    )
    idempotency_key: str = Field(
        title="Idempotency Key",
        description="The key of this step, the same whenever it is repeated.",
        examples=["run-1:reply"],
    )
    warning: str | None = Field(
        default=None,
        description="That it was sent a second time and the person may have it twice, if it was.",
        examples=["It was sent a second time."],
    )


SENT_SAMPLE = sample_of(
    SentMessage, group_id=None, contact_bsuid=None, delivery_status=None, warning=None
)
