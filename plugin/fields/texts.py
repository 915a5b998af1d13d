"""Texts that people read in a message, and how long they may be.

Meta's pages name limits in characters and nowhere say of what kind. A limit here counts code
points, as `minLength` and `maxLength` of JSON Schema do, so that a form, a flow and a call agree;
the clients of others that are known to keep Meta's limits count so too. An emoji can be several.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages
MAX_BODY_CHARS = 1024
MAX_FOOTER_CHARS = 60
MAX_BUTTON_CHARS = 20

BodyText = Annotated[
    str,
    Field(
        title="Message Text",
        description="What the person reads. WhatsApp's marks for *bold* and _italic_ work.",
        min_length=1,
        max_length=MAX_BODY_CHARS,
        json_schema_extra={"x-widget": "textarea"},
    ),
]
FooterText = Annotated[
    str | None,
    Field(
        title="Footer",
        description="A line in small grey letters below the text.",
        max_length=MAX_FOOTER_CHARS,
        examples=["Lucky Shrub, Menlo Park"],
    ),
]
