"""Get Stored: what was kept under a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject

from .places import Place


class Found(Fields):
    key: str = Field(title="Key", description="The name it is kept under.", examples=["greeted"])
    value: Any = Field(title="Value", description="What is kept there.", examples=[1])
    is_default: bool = Field(
        title="Is Default", description="Whether it is the default.", examples=[False]
    )


class Missing(Fields):
    key: str = Field(title="Key", description="What nothing is kept under.", examples=["greeted"])


class GetStored(Action):
    """Values are JSON: https://www.rfc-editor.org/rfc/rfc8259"""

    label = "Get Stored Value"
    description = "Finds what was kept under a key, or goes on elsewhere."
    group = "Keep"
    keywords = ("Storage", "GetVariable", "Recall", "Load", "Lookup")
    effect = "read"
    port = "found"
    more_ports: ClassVar[Mapping[str, type[BaseModel]]] = {"absent": Missing}
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "found": {"key": "greeted", "value": 1, "isDefault": False}
    }
    Output = Found

    class Input(Place):
        default: Any = Field(
            default=None,
            title="Default",
            description="The value where nothing is kept; without it the flow goes on at the port"
            " absent then.",
            examples=[0],
        )

    async def receive(self, context: ActionContext, input: Input) -> Found | None:
        found = await context.shared(input.scope).get([input.key])
        if input.key in found:
            return Found(key=input.key, value=found[input.key], is_default=False)
        if input.default is not None:
            return Found(key=input.key, value=input.default, is_default=True)
        await context.send("absent", Missing(key=input.key))
        return None
