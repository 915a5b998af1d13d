"""What becomes of a message that is waited for: how it is asked for, and what leaves at the ports.

In a group, a message is delivered with the first phone that has it and read with the first person
who has read it; it has failed when Meta says so of the whole group, and not of one participant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from appmixer.engine.contract import Fields, Json

WaitFor = Annotated[
    Literal["accepted", "delivered", "read"],
    Field(
        title="Wait For",
        description="Accepted: the step ends when Meta has taken the message. Delivered or read: "
        "it goes on at sent then, and later at delivered or read, at failed or at timeout.",
        examples=["accepted"],
        json_schema_extra={"x-widget": "select", "x-group": "Options"},
    ),
]
WhenUnknown = Annotated[
    Literal["stop", "sendAgain"],
    Field(
        title="When Nobody Knows Whether It Was Sent",
        description="At times the connection breaks before Meta answers, and no status of the "
        "message comes within 15 minutes. Stop: the step ends as unknown, and a person decides. "
        "Send again: it sends the message once more by itself; the person may have it twice then.",
        examples=["stop"],
        json_schema_extra={"x-widget": "select", "x-group": "Options"},
    ),
]
# Most phones come to be online within a day.
DEFAULT_WAIT_S = 24 * 3600
# Meta tries for 30 days.
MAX_WAIT_S = 30 * 24 * 3600
ARRIVALS: Sequence[Json] = ("delivered", "read")

WaitSeconds = Annotated[
    int,
    Field(
        title="Wait at Most (Seconds)",
        description="How long it waits for that before it goes on at timeout: up to 2592000, the 30"
        " days for which Meta tries to deliver a message.",
        ge=1,
        le=MAX_WAIT_S,
        examples=[DEFAULT_WAIT_S],
        json_schema_extra={"x-group": "Options", "x-when": {"waitFor": [*ARRIVALS]}},
    ),
]


class Followed(Fields):
    """Which message it is about."""

    message_id: str = Field(
        title="Message ID",
        description="Meta's id of the message.",
        examples=["wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA"],
    )
    phone_number_id: str = Field(
        title="Sender Phone Number ID",
        description="The number it was sent from.",
        examples=["106540352242922"],
    )
    recipient: str | None = Field(
        default=None,
        description="Whom it was addressed to; empty when it was sent elsewhere.",
        examples=["+16505551234"],
    )


class ArrivedMessage(Followed):
    """A message that has come as far as it was waited for."""

    status: Literal["delivered", "read", "played"] = Field(
        description="How far it has come by now; what was read or played was delivered.",
        examples=["delivered"],
    )
    at: datetime = Field(description="When it came there.", examples=["2026-09-21T14:13:22Z"])


class FailedMessage(Followed):
    """A message that will not arrive."""

    code: int | None = Field(description="Meta's code.", examples=[131047])
    title: str = Field(description="What it is called.", examples=["Re-engagement message"])
    cause: str = Field(description="Why it failed.", examples=["The 24-hour window was closed."])
    cure: str = Field(
        description="What to do about it.", examples=["Send a template and wait for the answer."]
    )
    at: datetime = Field(description="When it failed.", examples=["2026-09-21T14:13:22Z"])


class OverdueMessage(Followed):
    """A message of which nothing more was heard in time; it may still arrive."""

    status: Literal["accepted", "sent", "delivered"] = Field(
        description="How far it has come by now; accepted when Meta has told nothing of it yet.",
        examples=["sent"],
    )
    waited_for: Literal["delivered", "read"] = Field(
        description="What was waited for.", examples=["delivered"]
    )


# Beside `delivered`.
OTHER_PORTS: Mapping[str, type[BaseModel]] = {
    "read": ArrivedMessage,
    "failed": FailedMessage,
    "timeout": OverdueMessage,
}
MORE_PORTS: Mapping[str, type[BaseModel]] = {"delivered": ArrivedMessage, **OTHER_PORTS}
PORTS_WHEN: Mapping[str, Mapping[str, Sequence[Json]]] = {
    "delivered": {"waitFor": ["delivered"]},
    "read": {"waitFor": ["read"]},
    "failed": {"waitFor": ARRIVALS},
    "timeout": {"waitFor": ARRIVALS},
}
