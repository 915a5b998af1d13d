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
