"""An emoji on a message: what may be one."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from appmixer.engine.contract import RejectedError

from .messages import MessageId, WindowInput

# https://unicode.org/reports/tr51/#EBNF_and_Regex: a flag, a key, or pictures that are joined to
# one, each with its skin tone or its tags. The pictures are those of Unicode's emoji-data.txt.
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf"
    "\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f004-\U0001faff]"
)
_DRAWN = f"{_PICTURE}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEY = "[0-9#*]\ufe0f?\u20e3"
EMOJI = f"({_FLAG}|{_KEY}|{_DRAWN}(\u200d{_DRAWN})*)"


class ReactionInput(WindowInput):
    """A reaction does not quote: it stands on the message that it is for."""

    message_id: MessageId = Field(
        description="Meta's id of the message to react to: one of this chat, at most 30 days old, "
        "and no reaction itself.",
        json_schema_extra={"x-from": ["id"]},
    )
    emoji: str | None = Field(
        default=None,
        description="The emoji to react with, one alone. It replaces an earlier reaction of yours.",
        pattern=f"^{EMOJI}?$",
        examples=["\N{THUMBS UP SIGN}"],
        json_schema_extra={"x-hint": "one emoji", "x-when": {"remove": [False]}},
    )
    remove: bool = Field(
        default=False,
        title="Take the Reaction Back",
        description="Takes your reaction off the message again.",
        examples=[False],
        json_schema_extra={"x-widget": "toggle"},
    )

    @model_validator(mode="after")
    def _check_emoji(self) -> Self:
        if bool(self.emoji) == self.remove:
            raise RejectedError(
                "A reaction is an emoji, or none",
                "There is an emoji although the reaction shall be taken back."
                if self.emoji
                else "There is no emoji.",
                "Fill in an emoji, or switch on that the reaction is taken back.",
                "emoji",
            )
        return self
