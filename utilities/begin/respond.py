"""Respond: the answer to the request that has begun the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from appmixer.engine.contract import (
    Action,
    ActionContext,
    Fields,
    JsonObject,
    RejectedError,
    Response,
)

JSON_TYPE, TEXT_TYPE = "application/json", "text/plain; charset=utf-8"


class Respond(Action):
    """Statuses are those of https://www.rfc-editor.org/rfc/rfc9110#name-status-codes"""

    label = "Respond"
    description = "Answers the request that a webhook has begun the run with."
    group = "Begin"
    keywords = ("Response", "Answer", "Reply", "Return", "HTTP", "Webhook")
    # Done again, it is the same answer.
    idempotent = True
    port = "answered"
    samples: ClassVar[Mapping[str, JsonObject]] = {"answered": {"status": 200, "isAnswered": True}}

    class Input(Fields):
        status: int = Field(
            default=200, ge=200, le=599, title="Status", description="Of HTTP.", examples=[200]
        )
        body: Any = Field(
            default="",
            title="Body",
            description="A text, or an object or list, which is sent as JSON.",
            examples=[{"ok": True}],
        )
        content_type: str | None = Field(
            default=None,
            max_length=200,
            title="Content Type",
            description="Left out, application/json or text/plain, whichever the body is.",
            examples=["text/csv"],
        )
        headers: dict[str, str] = Field(
            default_factory=dict[str, str],
            max_length=50,
            title="Headers",
            description="Further headers by their names.",
            examples=[{"x-order": "4711"}],
        )
        if_nobody_waits: Literal["fail", "goOn"] = Field(
            default="fail",
            title="If Nobody Waits",
            description="What becomes of the step where there is no request to answer, as in a run"
            " that a person has begun, or where its time is over.",
            examples=["goOn"],
            json_schema_extra={"x-widget": "select"},
        )

    class Output(Fields):
        status: int = Field(
            title="Status", description="That was given to Respond.", examples=[200]
        )
        is_answered: bool = Field(
            title="Is Answered", description="Whether somebody waited for it.", examples=[True]
        )

    async def receive(self, context: ActionContext, input: Input) -> Output:
        is_text = isinstance(input.body, str)
        body = input.body if is_text else json.dumps(input.body, ensure_ascii=False)
        content_type = input.content_type or (TEXT_TYPE if is_text else JSON_TYPE)
        try:
            await context.answer(Response(input.status, body.encode(), content_type, input.headers))
        except RejectedError as error:
            # One that names a field is about the answer and not about who waits.
            if input.if_nobody_waits == "fail" or error.field:
                raise
            return self.Output(status=input.status, is_answered=False)
        return self.Output(status=input.status, is_answered=True)
