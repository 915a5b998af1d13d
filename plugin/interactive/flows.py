"""Messages that open a Flow: which one, with what, and the token by which its answer is known."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field, model_validator

from appmixer.engine.contract import (
    ActionContext,
    Choices,
    ComponentContext,
    Json,
    JsonObject,
    NothingToChooseError,
    Option,
    RejectedError,
    Wait,
)

from ..fields.choices import chosen_business_account
from ..fields.senders import graph_of, prove_sender
from ..foreign_json.meta_fields import Id, MetaFields, Text
from ..foreign_json.shapes import as_text
from ..sending.messages import SENT_SAMPLE, SentMessage
from .frame import InteractiveAction
from .headers import HeaderInput

# https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/guides/sendingaflow
MAX_FLOW_BUTTON_CHARS = 30
FLOW_MESSAGE_VERSION = "3"
# What phones show as pictures, and Meta does not take on the button of a Flow.
EMOJI = "\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u20e3"
NO_EMOJI = rf"^[^{EMOJI}]*[^\s{EMOJI}][^{EMOJI}]*$"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/lifecycle
STATES: dict[str, Literal["advice", "fault"]] = {
    "DRAFT": "advice",
    "THROTTLED": "advice",
    "BLOCKED": "fault",
    "DEPRECATED": "fault",
}
EXAMPLE = "order-7781"
OPTIONS: dict[str, Any] = {"x-group": "Options"}
NAVIGATES: dict[str, Any] = {"x-when": {"action": ["navigate"]}}


class _Flow(MetaFields):
    id: Id
    name: Text
    status: Text


async def flows(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield the Flows of the sender's WABA, or of that which is filled in."""
    number, override = as_text(input.get("phoneNumberId")), as_text(input.get("businessAccountId"))
    if number:
        waba_id = (await prove_sender(context, number, override or None)).waba_id
    else:
        waba_id = chosen_business_account(context, input)
    has_some = False
    async for node in graph_of(context).pages(f"{waba_id}/flows", _Flow.asking()):
        has_some = True
        yield _option(_Flow.from_meta(node))
    if not has_some:
        raise NothingToChooseError(
            f"WhatsApp Business Account {waba_id} has no Flow",
            cure="Make one in WhatsApp Manager and publish it.",
            field="flowId",
        )


def _option(flow: _Flow) -> Option:
    state = STATES.get(flow.status)
    if state is None:
        return Option(flow.id, flow.name)
    hint = "It can be sent for trying out, with the mode draft." if flow.status == "DRAFT" else ""
    is_lost = state == "fault"
    badge = flow.status.lower()
    return Option(flow.id, flow.name, hint, is_disabled=is_lost, badge=badge, state=state)


class FlowInput(HeaderInput):
    """What a message that opens a Flow needs."""

    flow_id: Annotated[
        str | None, Choices(flows, depends_on=["businessAccountId", "phoneNumberId"])
    ] = Field(
        default=None,
        title="Flow",
        description="The id of the form that opens. Give either this or its name.",
        pattern="^([0-9]{1,32})?$",
        examples=["6627390910605886"],
        json_schema_extra={"x-hint": "an id of digits", "x-widget": "select"},
    )
    button_text: str = Field(
        title="Button Text",
        description="What stands on the button that opens it, without emoji.",
        min_length=1,
        max_length=MAX_FLOW_BUTTON_CHARS,
        pattern=NO_EMOJI,
        examples=["Book!"],
        json_schema_extra={"x-hint": "a text without emoji"},
    )
    action: Literal["navigate", "data_exchange"] = Field(
        default="navigate",
        title="How It Begins",
        description="navigate: with a screen and data from here. data_exchange: with what the "
        "Flow's own endpoint answers.",
        examples=["navigate"],
        json_schema_extra={"x-widget": "select"},
    )
    screen: str | None = Field(
        default=None,
        title="First Screen",
        description="The id of the screen it begins with; the Flow's first if left empty.",
        examples=["FIRST_SCREEN"],
        json_schema_extra=NAVIGATES,
    )
    data: dict[str, Any] | None = Field(
        default=None,
        title="Data",
        description="Values for that screen, by name.",
        examples=[{"product": "SKU-1"}],
        json_schema_extra={"x-widget": "json", **NAVIGATES},
    )
    flow_name: str | None = Field(
        default=None,
        title="Flow Name",
        description="Its name in place of its id.",
        examples=["appointment_booking"],
        json_schema_extra=OPTIONS,
    )
    flow_token: str | None = Field(
        default=None,
        title="Flow Token",
        description="Comes back with what was filled in, so that the answer is known to belong to "
        "this message; made for you if left empty.",
        examples=[EXAMPLE],
        json_schema_extra=OPTIONS,
    )
    mode: Literal["published", "draft"] = Field(
        default="published",
        title="Mode",
        description="draft: the Flow is not published yet and is tried out.",
        examples=["published"],
        json_schema_extra={"x-widget": "select", **OPTIONS},
    )

    @model_validator(mode="after")
    def _check_flow(self) -> Self:
        if bool(self.flow_id) == bool(self.flow_name):
            raise RejectedError(
                "One Flow is needed",
                "Both its id and a name are given." if self.flow_id else "None is named.",
                "Choose a Flow, or give its name.",
                "flowId",
            )
        begins_here = {"screen": self.screen, "data": self.data}
        if self.action == "data_exchange" and (given := [*filter(begins_here.get, begins_here)]):
            raise RejectedError(
                "The Flow's endpoint decides how it begins",
                "With data_exchange, screen and data come from there.",
                "Empty the field, or choose navigate.",
                given[0],
            )
        if self.data and not self.screen:
            raise RejectedError(
                "The screen is missing",
                "The data are for a certain screen, and none is named.",
                "Give the id of the first screen.",
                "screen",
            )
        return self

    def asked(self, token: str) -> JsonObject:
        named = {"flow_id": self.flow_id} if self.flow_id else {"flow_name": self.flow_name}
        parameters: dict[str, Json] = {
            "flow_message_version": FLOW_MESSAGE_VERSION,
            **named,
            "flow_token": token,
            "flow_cta": self.button_text,
            "flow_action": self.action,
            "mode": self.mode,
        }
        if self.screen:
            data: JsonObject = {"data": self.data} if self.data else {}
            parameters["flow_action_payload"] = {"screen": self.screen, **data}
        return {"name": "flow", "parameters": parameters}


class SentFlow(SentMessage):
    """A message with a Flow that Meta has accepted."""

    flow_token: str = Field(
        description="What comes back with what the person fills in.", examples=[EXAMPLE]
    )


class FlowAction(InteractiveAction):
    """Base of what sends a Flow: its output has the token, also when it was waited for."""

    Output: ClassVar[type[SentMessage]] = SentFlow
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "accepted": {**SENT_SAMPLE, "flowToken": EXAMPLE}
    }

    def as_output(self, sent: SentMessage, state: JsonObject) -> SentFlow:
        return with_token(sent, as_text(state["flowToken"]))


def token_for(context: ActionContext, input: FlowInput) -> str:
    """Return the token; one that is made here is the same whenever the step is repeated."""
    return input.flow_token or str(uuid5(NAMESPACE_URL, context.step_id))


def kept_with(outcome: SentMessage | Wait, token: str) -> SentMessage | Wait:
    """Return the outcome of a send; a wait keeps the token that went out."""
    if isinstance(outcome, Wait):
        return replace(outcome, state={**outcome.state, "flowToken": token})
    return outcome


def with_token(sent: SentMessage, token: str) -> SentFlow:
    return SentFlow(**dict(sent), flow_token=token)
