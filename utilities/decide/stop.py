"""Stop: the run ends here, whatever else of it is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, End, Fields, JsonObject


class Stop(Action):
    """docs/utilities.md"""

    label = "Stop"
    description = "Ends the run, as done or as failed, with a sentence that says why."
    group = "Decide and shape"
    keywords = ("End", "Exit", "Throw", "Error", "Fail", "Terminate", "Break")
    effect = "read"
    port = "stopped"
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "stopped": {"outcome": "completed", "text": "Nothing to do today."}
    }

    class Input(Fields):
        outcome: Literal["completed", "failed"] = Field(
            default="completed",
            title="Outcome",
            description="Whether the run is done, or has failed.",
            examples=["failed"],
            json_schema_extra={"x-widget": "select"},
        )
        text: str = Field(
            default="",
            max_length=1000,
            title="Why",
            description="What whoever looks at the run reads.",
            examples=["Nothing to do today."],
        )

    class Output(Fields):
        outcome: str = Field(
            title="Outcome", description="How the run has ended.", examples=["failed"]
        )
        text: str = Field(
            title="Why", description="What was to be told.", examples=["Nothing to do today."]
        )

    async def receive(self, context: ActionContext, input: Input) -> End:
        await context.send("stopped", self.Output(outcome=input.outcome, text=input.text))
        return End(has_failed=input.outcome == "failed", text=input.text)
