"""How a conversation stands: what its window is, and until when messages in it are free."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, RejectedError

from ..fields.definitions import NumberInput
from ..fields.senders import prove_sender, whatsapp
from ..ledgers.windows import OpenedBy
from .addressing import recipient_in
from .messages import ClosesAt, State


class ConversationWindow(Fields):
    """The window between one of your numbers and a person, as it is now."""

    state: State
    is_open: bool = Field(description="Whether it is known to be open.", examples=[True])
    closes_at: ClosesAt = None
    opened_by: OpenedBy | None = Field(
        default=None,
        description="What opened it last: a message or a call of the person, or a call of "
        "yours that was accepted.",
        examples=["message"],
    )
    free_until: datetime | None = Field(
        default=None,
        description="Until when messages are free because the person came from an ad, as far "
        "as Meta has told. A price: it lets no free text through.",
        examples=["2026-09-24T14:13:20Z"],
    )
    person: str = Field(description="Who was meant.", examples=["+16505551234"])


async def conversation_window(
    context: ActionContext, input: NumberInput, to: str
) -> ConversationWindow:
    """Return the window to a person; raise RejectedError for what names none."""
    sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
    person = await recipient_in(context, sender.id, to)
    if person.type == "group":
        raise RejectedError(
            "A group has no window",
            f"{to} is the id of a group, and the 24 hours are between a number and a person.",
            "Name a person by phone number or user id; a group can be written to without.",
            "to",
        )
    windows, place = whatsapp(context).windows, (sender.id, person.identities)
    window = await windows.state(*place)
    return ConversationWindow(
        state=window.state,
        is_open=window.state == "open",
        closes_at=window.closes_at,
        opened_by=window.opened_by,
        free_until=await windows.free_until(*place),
        person=person.value,
    )
