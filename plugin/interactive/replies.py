"""What can be tapped and answers with an id: reply buttons, rows of lists, buttons on cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field, JsonValue

from appmixer.engine.contract import Fields, Json, RejectedError

from .frame import VISIBLE, VISIBLE_HINT

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages
MAX_BUTTONS = 3
MAX_BUTTON_CHARS = 20
MAX_BUTTON_ID_CHARS = 256
# Meta takes no id with spaces at its ends. An empty one is made from the title.
ID = r"^(\S(.*\S)?)?$"
ID_HINT: dict[str, JsonValue] = {"x-hint": "a text without spaces at its ends"}
ID_DESCRIPTION = "What New Message gives as the reply id; the title if left empty."

ButtonText = Annotated[
    str,
    Field(
        title="Button Text",
        description="What stands on the button.",
        min_length=1,
        max_length=MAX_BUTTON_CHARS,
        pattern=VISIBLE,
        examples=["Opening hours"],
        json_schema_extra={"x-hint": VISIBLE_HINT},
    ),
]


class Reply(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def id(self) -> str | None: ...


class ReplyButton(Fields):
    """A button that answers with its id when it is tapped."""

    title: ButtonText
    id: str | None = Field(
        default=None,
        title="ID",
        description=ID_DESCRIPTION,
        max_length=MAX_BUTTON_ID_CHARS,
        pattern=ID,
        examples=["hours"],
        json_schema_extra=ID_HINT,
    )


def id_of(reply: Reply) -> str:
    return reply.id or reply.title.strip()


def buttons_of(kind: str, replies: Iterable[Reply]) -> list[Json]:
    """Return buttons as Meta names them: `reply` in a message, `quick_reply` on a card."""
    return [{"type": kind, kind: {"id": id_of(each), "title": each.title}} for each in replies]


def check_ids(replies: Iterable[Reply], field: str) -> None:
    """Raise RejectedError where two answer alike, so that nobody could tell which was tapped."""
    if twice := _twice(id_of(each) for each in replies):
        raise RejectedError(
            "Two choices have the same ID",
            f"Both answer with {twice!r}. One that has no ID answers with its title.",
            "Give each an ID of its own.",
            field,
        )


def check_titles(replies: Iterable[Reply], field: str) -> None:
    if twice := _twice(each.title.strip() for each in replies):
        raise RejectedError(
            "Two buttons have the same text",
            f"Both say {twice!r}, and Meta takes a text once.",
            "Write something else on one of them.",
            field,
        )


def _twice(texts: Iterable[str]) -> str | None:
    return next((each for each, count in Counter(texts).items() if count > 1), None)


def _check_buttons(buttons: list[ReplyButton]) -> list[ReplyButton]:
    check_titles(buttons, "buttons")
    check_ids(buttons, "buttons")
    return buttons


ReplyButtons = Annotated[
    list[ReplyButton],
    Field(
        title="Buttons",
        description="One to three, each with a text and, if you like, an ID of its own.",
        min_length=1,
        max_length=MAX_BUTTONS,
        examples=[[{"title": "Opening hours", "id": "hours"}]],
    ),
    AfterValidator(_check_buttons),
]
