"""The connectors' configuration, and what is found of the setup."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .accounts import Finding
from .shape import Shape


class ConfigurationValue(Shape):
    """A key, and what is set."""

    key: str
    label: str
    description: str
    environment: str = Field(description="The variable that wins over a stored value.")
    is_secret: bool
    is_required: bool
    is_set: bool
    source: Literal["environment", "stored", "default", "unset"]
    value: str | None = Field(description="null for a secret, and where none is set.")


class EnteredAddress(Shape):
    """An address that a person enters at the service."""

    label: str = Field(description="What the service calls it.")
    url: str


class ConnectorConfiguration(Shape):
    service: str = Field(description="The connector's id.")
    label: str
    keys: list[ConfigurationValue]
    addresses: list[EnteredAddress]
    is_public: bool = Field(description="Whether APPMIXER_PUBLIC_URL is set.")


class ConfigurationList(Shape):
    connectors: list[ConnectorConfiguration]


class SetupFinding(Finding):
    service: str = Field(description="The connector's id.")


class SetupReport(Shape):
    checks: list[SetupFinding]


class SetupStep(Shape):
    """One thing that is done once, so that everything works."""

    id: str
    service: str | None = Field(description="The connector's id; null for the engine itself.")
    title: str
    text: str = Field(description="What to do.")
    link: str | None = Field(description="Where it is done.")
    state: Literal["done", "open", "fault"] = Field(
        description="`open`: something is not set yet, or nobody can tell; `fault`: what is set"
        " does not work, as the findings say."
    )
    keys: list[ConfigurationValue] = Field(description="What to enter here.")
    addresses: list[EnteredAddress] = Field(description="What to copy to the service.")
    findings: list[Finding]


class Setup(Shape):
    is_done: bool
    steps: list[SetupStep]
