"""What frames every interactive message: body, footer and header, and how it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Self, TypeAlias

from pydantic import Field, JsonValue, model_validator

from appmixer.engine.contract import (
    ActionContext,
    ComponentContext,
    Json,
    JsonObject,
    Preview,
    RejectedError,
    Wait,
)

from ..ledgers.proven_numbers import SenderNumber
from ..people.recipients import GROUP_ID_START
from ..sending.action import SendAction, as_it_is, send_message
from ..sending.messages import FreeFormInput, SentMessage
from .previews import cards, seen

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages
MAX_BODY_CHARS = 1024
MAX_HEADER_CHARS = 60
MAX_FOOTER_CHARS = 60
# Spaces alone are no text to Meta.
VISIBLE = r"\S"
VISIBLE_HINT = "a text of more than spaces"
FRAME: dict[str, JsonValue] = {"x-group": "Header and Footer"}


def body_field(max_chars: int) -> Any:
    return Field(
        title="Message Text",
        description="What the person reads. WhatsApp's marks for *bold* and _italic_ work.",
        min_length=1,
        max_length=max_chars,
        pattern=VISIBLE,
        examples=["What can we do for you?"],
        json_schema_extra={"x-widget": "textarea", "x-hint": VISIBLE_HINT},
    )


BodyText = Annotated[str, body_field(MAX_BODY_CHARS)]
HeaderText = Annotated[
    str | None,
    Field(
        title="Header Text",
        description="A line in bold above the text.",
        max_length=MAX_HEADER_CHARS,
        examples=["Lucky Shrub"],
        json_schema_extra=FRAME,
    ),
]
FooterText = Annotated[
    str | None,
    Field(
        title="Footer",
        description="A small line below the text.",
        max_length=MAX_FOOTER_CHARS,
        examples=["We answer within an hour."],
        json_schema_extra=FRAME,
    ),
]
Asked: TypeAlias = "JsonObject | Callable[[SenderNumber], Awaitable[JsonObject]]"


class InteractiveInput(FreeFormInput):
    """What every interactive message needs."""

    # https://developers.facebook.com/documentation/business-messaging/whatsapp/groups
    @model_validator(mode="after")
    def _check_that_it_is_for_one(self) -> Self:
        if self.recipient_type == "group" or self.to.strip().startswith(GROUP_ID_START):
            raise RejectedError(
                "Interactive messages cannot be sent to groups",
                "WhatsApp shows them to single people only.",
                "Send a text, or send it to a person.",
                "recipientType" if self.recipient_type == "group" else "to",
            )
        return self

    async def frame(self, context: ActionContext, sender: SenderNumber) -> dict[str, Json]:
        """Return what stands around the action, as Meta names it."""
        return {}


class TextInput(InteractiveInput):
    """What an interactive message needs that has a text."""

    text: BodyText

    async def frame(self, context: ActionContext, sender: SenderNumber) -> dict[str, Json]:
        return {**await super().frame(context, sender), "body": {"text": self.text}}


class FooterInput(TextInput):
    """What it needs if it can have a footer too."""

    footer: FooterText = None

    async def frame(self, context: ActionContext, sender: SenderNumber) -> dict[str, Json]:
        footer: dict[str, Json] = {"footer": {"text": self.footer}} if self.footer else {}
        return {**await super().frame(context, sender), **footer}


class TextHeaderInput(FooterInput):
    """What it needs if its header can be a text and nothing else."""

    header_text: HeaderText = None

    async def frame(self, context: ActionContext, sender: SenderNumber) -> dict[str, Json]:
        text = self.header_text
        header: dict[str, Json] = {"header": {"type": "text", "text": text}} if text else {}
        return {**await super().frame(context, sender), **header}


class InteractiveAction(SendAction):
    """Base of the components that send an interactive message."""

    group = "Interactive"

    async def preview(self, context: ComponentContext, input: Mapping[str, Json]) -> Preview:
        shown = await super().preview(context, seen(input))
        return replace(shown, bubble=[*shown.bubble, *cards(input)])


async def send_interactive(
    context: ActionContext,
    input: InteractiveInput,
    kind: str,
    action: Asked,
    *,
    as_output: Callable[[SentMessage], SentMessage] = as_it_is,
) -> SentMessage | Wait:
    """Send an interactive message of this kind; an action with files is made at the last moment."""

    async def body(sender: SenderNumber) -> JsonObject:
        framed = await input.frame(context, sender)
        asked: JsonObject = await action(sender) if callable(action) else action
        return {"type": "interactive", "interactive": {"type": kind, **framed, "action": asked}}

    return await send_message(context, input, body, as_output=as_output)
