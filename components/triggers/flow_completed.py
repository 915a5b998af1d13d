"""Flow Completed: starts a run when a person has filled in a WhatsApp Flow and sent it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from appmixer.engine.contract import JsonObject, TriggerContext

from ...plugin.foreign_json.meta_fields import At, Word
from ...plugin.foreign_json.shapes import as_object, as_text
from ...plugin.people.identity import sender_of
from ...plugin.triggers.filters import ONLY_WHEN
from ...plugin.triggers.listening import ListeningInput, ListeningTrigger, is_for
from ...plugin.triggers.message_parts import read_flow_reply
from ...plugin.triggers.outputs import samples_of
from ...plugin.triggers.personal import PersonalMessage, read_personal
from ...plugin.triggers.samples import MESSAGE_EVENTS


class FlowAnswer(PersonalMessage):
    """What a person has filled in."""

    flow_token: str | None = Field(
        description="The token of the message that asked for it, by which you know what it is for.",
        examples=["order-7781"],
    )
    values: dict[str, Any] = Field(
        description="What was filled in, by name, without the token.",
        examples=[{"preferred_day": "2026-10-02"}],
    )
    body: Annotated[Word, At("interactive.nfm_reply.body")] = Field(
        description="The text shown in the chat.", examples=["Sent"]
    )


def read_answer(event: JsonObject) -> FlowAnswer | None:
    """Turn an event into the output; None when it holds no answer of a Flow."""
    message = as_object(event.get("message"))
    reply = read_flow_reply(message)
    if reply is None or reply.name not in (None, "flow"):
        return None
    values = dict(reply.values)
    token = as_text(values.pop("flow_token", None)) or None
    person = sender_of(message, as_object(event.get("contact")))
    return read_personal(FlowAnswer, event, message, person, flow_token=token, values=values)


class FlowCompleted(ListeningTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/guides/receiveflowresponse"""

    label = "Flow Completed"
    description = "Starts a run when a person sends what they filled in in a WhatsApp Flow."
    keywords = ("Form", "WhatsApp Flow", "Survey", "Booking")
    port = "answer"
    events = ("messages",)

    class Input(ListeningInput):
        token_start: str = Field(
            default="",
            title="Only Tokens That Begin With",
            description="The start of the tokens of the messages that asked; empty for all.",
            max_length=200,
            examples=["order-"],
            json_schema_extra=ONLY_WHEN,
        )

    Output = FlowAnswer
    samples = samples_of(read_answer, {"filled in": MESSAGE_EVENTS["filled-in form"]})

    async def receive(self, context: TriggerContext, event: JsonObject) -> FlowAnswer | None:
        properties: FlowCompleted.Input = context.properties
        answer = read_answer(event) if is_for(properties, event) else None
        if answer is None or not (answer.flow_token or "").startswith(properties.token_start):
            return None
        return answer
