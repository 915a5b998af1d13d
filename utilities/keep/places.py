"""Where a value is kept: its key, for whom, and until when."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from appmixer.engine.contract import Fields


class Place(Fields):
    """The fields that all of these components have."""

    key: str = Field(
        min_length=1,
        max_length=200,
        title="Key",
        description="The name it is kept under.",
        examples=["greeted {{ incoming.message.from }}"],
    )
    scope: Literal["flow", "owner"] = Field(
        default="flow",
        title="Kept For",
        description="This flow alone, which takes it along when it is deleted, or all your flows.",
        examples=["flow"],
        json_schema_extra={"x-widget": "select"},
    )
