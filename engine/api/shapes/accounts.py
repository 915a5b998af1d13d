"""Connected accounts, and what is found of their setup."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from .shape import Shape


class Choice(Shape):
    """A value that a setting may have."""

    value: str
    label: str


class AvailableSetting(Shape):
    """Something that may be set for an account."""

    name: str
    label: str
    description: str
    type: Literal["text", "switch"]
    pattern: str | None = Field(description="What a text has to match.")
    example: str | None
    required: bool = Field(description="Whether it cannot be taken back.")
    choices: list[Choice] = Field(description="Where it is not empty, one of these is meant.")


class Account(Shape):
    """A connected account."""

    id: str
    service: str = Field(description="The connector's id.")
    name: str = Field(description="What flows call it.")
    profile: dict[str, Any] = Field(description="What the service says of it.")
    settings: dict[str, Any] = Field(description="What was set, by the setting's name.")
    available_settings: list[AvailableSetting]
    state: Literal["connected", "reconnect"] = Field(
        description="`reconnect`: its work is paused until a person has connected it again."
    )
    reason: str = Field(description="Why it has to be connected again, else empty.")
    expires_at: datetime | None = Field(description="When the token ends.")
    token_since: datetime | None
    refresh_at: datetime | None = Field(description="When the token is renewed by itself.")
    created_at: datetime


class AccountList(Shape):
    accounts: list[Account]


class Finding(Shape):
    """What was looked at, and what was found."""

    name: str
    state: Literal["fine", "advice", "fault"] = Field(
        description="A fault keeps something from working; advice may be left."
    )
    finding: str
    cure: str = Field(description="Empty where nothing is to be done.")
    mend: str = Field(
        description="What can be done at once: `connect` the account again, `claim` its events,"
        " or let the component of that name do its work; empty where it takes a person."
    )


class AccountReport(Shape):
    account: Account
    used_by: list[str] = Field(description="The names of the running flows that use it.")
    checks: list[Finding]


class AccountFlow(Shape):
    """A running flow that uses an account."""

    id: str
    name: str


class AccountFlows(Shape):
    flows: list[AccountFlow]


class AccountFact(Shape):
    """Something worth knowing of an account."""

    label: str
    value: str
    state: Literal["fine", "advice", "fault"] = Field(
        description="A fault keeps something from working; advice may be left."
    )
    about: str = Field(description="What it is a fact of, where there are several such things.")


class AccountFacts(Shape):
    facts: list[AccountFact] = Field(description="In the order in which to show them.")


class ClaimReport(Shape):
    account: Account
    checks: list[Finding] = Field(description="What became of each thing that was claimed.")
