"""Remove Stored: nothing is kept under a key any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject

from .places import Place


class RemoveStored(Action):
    """Keys are texts: https://www.rfc-editor.org/rfc/rfc8259"""

    label = "Remove Stored Value"
    description = "Forgets what was kept under a key."
    group = "Keep"
    keywords = ("Storage", "DeleteVariable", "Forget", "Delete", "Clear", "Reset")
    effect = "write"
    idempotent = True
    port = "removed"
    samples: ClassVar[Mapping[str, JsonObject]] = {"removed": {"key": "greeted", "wasThere": True}}

    Input = Place

    class Output(Fields):
        key: str = Field(title="Key", description="What was forgotten.", examples=["greeted"])
        was_there: bool = Field(
            title="Was There", description="Whether something was kept there.", examples=[True]
        )

    async def receive(self, context: ActionContext, input: Place) -> Output:
        store = context.shared(input.scope)
        found = await store.get([input.key])
        await store.delete([input.key])
        return self.Output(key=input.key, was_there=input.key in found)
