"""On Error: a run when something has gone wrong elsewhere, so that somebody can be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import AwareDatetime, Field

from appmixer.engine.contract import (
    ACCOUNT_LOST,
    NOTICE,
    RUN_FAILED,
    Fields,
    JsonObject,
    Trigger,
    TriggerContext,
)

About: TypeAlias = Literal["flow", "account", "service"]
TOPICS: Mapping[About, str] = {"flow": RUN_FAILED, "account": ACCOUNT_LOST, "service": NOTICE}


class OnError(Trigger):
    """docs/utilities.md"""

    label = "On Error"
    description = (
        "Starts a run when another run has failed, an account is lost, or a service warns."
    )
    group = "Begin"
    keywords = ("Error", "Catch", "Alert", "Failed", "Notify", "Monitor", "ErrorTrigger")
    effect = "read"
    port = "error"
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "error": {
            "about": "flow",
            "title": "The recipient cannot be reached",
            "cause": "The number is not on WhatsApp.",
            "cure": "Write to another number.",
            "flowId": "orders",
            "flowName": "Orders",
            "runId": "5f2c8e1ad0b94f6c9d3e7a1b2c4d6e8f",
            "step": "send",
            "account": "",
            "connector": "",
            "details": {},
            "occurredAt": "2026-09-21T14:13:20Z",
        }
    }

    class Input(Fields):
        about: list[About] = Field(
            default_factory=list[About],
            max_length=3,
            title="About",
            description="Failed runs of your flows, accounts that have to be connected again, and"
            " what services tell you; all of it if nothing is chosen.",
            examples=[["flow", "account"]],
        )
        flow_ids: list[str] = Field(
            default_factory=list[str],
            max_length=100,
            title="Only These Flows",
            description="The ids of the flows whose failed runs are told; of every flow if there"
            " is none.",
            examples=[["orders"]],
        )

    class Output(Fields):
        about: About = Field(
            default="flow", title="About", description="What it is about.", examples=["flow"]
        )
        title: str = Field(
            default="", title="Title", description="What has happened.", examples=["It is refused"]
        )
        cause: str = Field(
            default="", title="Cause", description="Why.", examples=["The number is unknown."]
        )
        cure: str = Field(
            default="", title="Cure", description="What to do.", examples=["Correct the number."]
        )
        flow_id: str = Field(
            default="", title="Flow ID", description="Whose run it was.", examples=["orders"]
        )
        flow_name: str = Field(
            default="", title="Flow", description="The flow's name.", examples=["Orders"]
        )
        run_id: str = Field(
            default="",
            title="Run ID",
            description="The run that has failed.",
            examples=["5f2c8e1ad0b94f6c9d3e7a1b2c4d6e8f"],
        )
        step: str = Field(
            default="", title="Step", description="The step that failed first.", examples=["send"]
        )
        account: str = Field(
            default="", title="Account", description="The account's name.", examples=["acme"]
        )
        connector: str = Field(
            default="",
            title="Connector",
            description="Whose account it is, or who tells it.",
            examples=["acme:mail"],
        )
        details: dict[str, Any] = Field(
            default_factory=dict[str, Any],
            title="Details",
            description="What else the service has told.",
            examples=[{"template": "hello_world"}],
        )
        occurred_at: AwareDatetime | None = Field(
            default=None,
            title="Occurred At",
            description="When that was; empty in a run that a person has begun.",
            examples=["2026-09-21T14:13:20Z"],
        )

    async def start(self, context: TriggerContext) -> None:
        given: OnError.Input = context.properties
        for about, topic in TOPICS.items():
            if about in (given.about or TOPICS):
                await context.add_listener(topic, {})

    async def stop(self, context: TriggerContext) -> None:
        for topic in TOPICS.values():
            await context.remove_listener(topic)

    async def receive(self, context: TriggerContext, event: JsonObject) -> Output | None:
        given: OnError.Input = context.properties
        about = next(each for each, topic in TOPICS.items() if topic == event["topic"])
        if about == "flow" and given.flow_ids and event["flowId"] not in given.flow_ids:
            return None
        told = {name: each for name, each in event.items() if name not in ("topic", "at")}
        return self.Output.model_validate({**told, "about": about, "occurredAt": event["at"]})
