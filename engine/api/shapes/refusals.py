"""The one form of every error: of a request that is refused, and of a step that has failed."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from .shape import Shape

MEND = (
    "What can be done at once: `connect` the account again, or let the component of that name do"
    " its work; absent where it takes a person."
)


class Fault(Shape):
    """One thing that is wrong, and where."""

    path: str = Field(description="Names and positions with dots between, such as components.a.")
    text: str


class Reason(Shape):
    """Why it was refused, in words for people."""

    title: str
    cause: str = Field(description="May be empty.")
    cure: str = Field(description="What to do about it; may be empty.")
    field: str = Field("", description="The input that was refused.")
    code: int | None = Field(None, description="The service's own error code.")
    subcode: int | None = Field(None, description="The service's own, below `code`.")
    trace: str = Field("", description="By which the service finds the call in its logs.")
    mend: str = Field("", description=MEND)
    reference: str = Field("", description="By which the engine's log tells more.")


class Refusal(Shape):
    """Any answer from 400 on."""

    error: Reason
    errors: list[Fault] = Field(
        [], description="Everything that is wrong with the body, where that is more than one thing."
    )


class Failure(Shape):
    """What a record says of an error; what is empty is absent."""

    kind: str = Field(description="Its class, such as RejectedError.")
    title: str
    cause: str = ""
    cure: str = ""
    field: str = Field("", description="The input that was refused.")
    code: int | None = Field(None, description="The service's own error code.")
    subcode: int | None = None
    trace: str = Field("", description="By which the service finds the call in its logs.")
    mend: str = Field("", description=MEND)
    retry_after_s: float | None = Field(None, description="How soon it is tried again.")


REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Refusal, "description": "Refused; it says what to change"},
    "5XX": {"model": Refusal, "description": "Not now, or nobody knows whether it was done"},
}
