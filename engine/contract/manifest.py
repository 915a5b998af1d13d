"""The manifest: what a host knows of a connector before it runs any of its code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from .version import CONTRACT_VERSION, VERSION_PATTERN

IDENTIFIER = r"^[a-z][a-z0-9]*(:[a-z][a-z0-9]*)+$"
COMPONENT_NAME = r"^[a-z][a-z0-9]*(\.[a-z][a-z0-9]*)+\.[A-Z][A-Za-z0-9]*$"


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class ConfigurationKey(_Part):
    """A value that the administrator sets once for all accounts."""

    name: str = Field(pattern=r"^[a-z][A-Za-z0-9]*$", examples=["clientId"])
    label: str
    description: str
    environment: str = Field(
        pattern=r"^[A-Z][A-Z0-9_]*$", description="The variable that overrides a stored value."
    )
    secret: bool = Field(False, description="Encrypted at rest and never shown again.")
    required: bool = False
    default: str | None = None
    pattern: str | None = Field(
        None, description="A regular expression that matches every possible value as a whole."
    )
    example: str | None = Field(None, description="What people are shown beside a refused value.")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.pattern is None:
            return self
        if self.example is None:
            raise ValueError(f"{self.name} has a pattern and no example of it")
        try:
            unfit = [each for each in (self.example, self.default) if each and not self.takes(each)]
        except re.error as error:
            raise ValueError(f"the pattern of {self.name} is none: {error}") from None
        if unfit:
            raise ValueError(f"{self.name} does not take its own {unfit[0]!r}")
        return self

    def takes(self, value: str) -> bool:
        """Return whether the value has the form that the key asks for."""
        return self.pattern is None or re.fullmatch(self.pattern, value) is not None


class AccountSetting(_Part):
    """Something that a person may set for one account."""

    name: str = Field(pattern=r"^[a-z][A-Za-z0-9]*$", examples=["defaultRegion"])
    label: str
    description: str
    type: Literal["text", "switch"] = "text"
    pattern: str | None = Field(None, description="What a text has to match.")
    example: str | None = Field(None, description="A text that could be set.")
    choices: str | dict[str, str] | None = Field(
        None,
        description="The values to choose from, with a label for each; or the key of the account's"
        " profile whose object has them. What is chosen stands in the profile under the setting's"
        " name.",
    )
    required: bool = Field(
        False, description="Without it no account is connected, and it cannot be taken back."
    )


class Auth(_Part):
    """How an account is connected."""

    type: Literal["oauth2", "apiKey"] = Field(
        description="By a login, or only by a key that a person pastes."
    )
    service: str = Field(description="The last part of /auth/<service>/start and /callback.")
    scopes: list[str] = []
    token: bool = Field(False, description="An access token can be pasted instead of a login.")
    settings: list[AccountSetting] = []
    key_label: str = Field("Key", description="What people are asked for where a key is pasted.")
    for_all: bool = Field(
        True,
        description="False where components work on behalf of nobody unless their entries say so:"
        " then events are everybody's who listens.",
    )
    redirect_label: str = Field(
        "Redirect URL",
        description="What the service calls the address that its login returns to.",
    )


class Secrets(_Part):
    """What the service's secrets look like, so that neither a log nor an error shows one.

    Tokens of OAuth, `client_secret`, `pin` and the like are hidden by every host anyway.
    """

    parameters: list[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]] = Field(
        [], description="Names of parameters, headers and keys whose values are secret."
    )
    patterns: list[str] = Field(
        [], description="Regular expressions of texts that only secrets have, such as tokens."
    )

    @field_validator("patterns")
    @classmethod
    def _can_be_used(cls, patterns: list[str]) -> list[str]:
        for each in patterns:
            try:
                is_anything = re.compile(each).search("") is not None
            except re.error as error:
                raise ValueError(f"{each!r} is no regular expression: {error}") from None
            if is_anything:
                raise ValueError(f"{each!r} matches nothing at all, so it would hide everything")
        return patterns


class EndpointRoute(_Part):
    """An HTTP route that the plugin wants, below /plugins/<vendor>/<service>/."""

    method: Literal["GET", "POST"]
    path: str = Field(pattern=r"^/[a-z0-9/_-]*$")
    label: str | None = Field(
        None, description="What the service calls the address, where a person enters it there."
    )
    description: str


class SetupStep(_Part):
    """One thing that the administrator does once, so that the connector works."""

    name: str = Field(pattern=r"^[a-z][A-Za-z0-9]*$", examples=["webhook"])
    title: str
    description: str = Field(description="What to do at the service.")
    link: str | None = Field(None, pattern=r"^https://", description="Where it is done.")
    keys: list[str] = Field([], description="Keys of the configuration to set then.")
    addresses: list[str] = Field(
        [], description="Labels of the host's addresses that are entered at the service."
    )
    checks: list[str] = Field(
        [], description="Names of the plugin's checks that tell whether it is done."
    )


class QuotaRule(_Part):
    """A rate: `limit` units in `window_s` seconds, counted for each value of `scope`."""

    name: str
    limit: int = Field(gt=0)
    window_s: float = Field(gt=0)
    scope: str = Field(description="What the units are counted by.")
    burst: int | None = Field(None, gt=0, description="Units that may be taken at once.")
    description: str


class ComponentEntry(_Part):
    """One component, as the palette shows it; written from its class when it is published."""

    name: str = Field(pattern=COMPONENT_NAME, examples=["appmixer.mail.SendLetter"])
    kind: Literal["action", "trigger"]
    label: str
    description: str = Field(pattern=r"\.$")
    group: str = Field(description="The palette group.")
    keywords: list[str] = Field([], description="Further words by which people look for it.")
    module: str = Field(description="The Python module that holds the class.")
    schema_file: str = Field(alias="schema", pattern=r"^schemas/[A-Za-z0-9]+\.json$")
    scopes: list[str] = []
    account: Literal["optional", "required"] | None = Field(
        default=None,
        description="Whether a flow may or has to name an account for it. Left out, it has to where"
        " there are scopes or where accounts are keys, unless `auth.forAll` is false.",
    )
    effect: Literal["read", "write"] = Field(
        description="Whether it only reads, or changes something at the service."
    )
    idempotent: bool = Field(description="Whether doing it twice is the same as doing it once.")


class Manifest(_Part):
    """connector.json."""

    schema_uri: str | None = Field(None, alias="$schema")
    id: str = Field(pattern=IDENTIFIER, examples=["appmixer:mail"])
    label: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    contract: str = Field(
        pattern=VERSION_PATTERN,
        description="The version of the contract that it is written for.",
        examples=[CONTRACT_VERSION],
    )
    description: str
    icon: str = Field(pattern=r"^data:image/svg\+xml", description="A square SVG as a data URI.")
    auth: Auth | None = Field(
        None, description="Left out where no component works on behalf of an account."
    )
    configuration: list[ConfigurationKey]
    endpoint: list[EndpointRoute]
    setup: list[SetupStep] = Field([], description="What is done once, in this order.")
    quotas: list[QuotaRule]
    secrets: Secrets = Field(
        default_factory=lambda: Secrets(parameters=[], patterns=[]),
        description="What may stand in no log, beside what no host shows.",
    )
    texts: list[str] = Field(
        [],
        description="Texts that forms say and no schema has, for the tables of other languages;"
        " {} stands for what is not known before.",
    )
    components: list[ComponentEntry]

    @property
    def scopes(self) -> Sequence[str]:
        """What a login asks for."""
        return self.auth.scopes if self.auth else ()

    @property
    def account_settings(self) -> Sequence[AccountSetting]:
        return self.auth.settings if self.auth else ()

    @property
    def has_accounts(self) -> bool:
        """Whether its components work on behalf of accounts, unless one says otherwise."""
        return self.auth is not None and self.auth.for_all

    def needs_account(self, entry: ComponentEntry) -> bool:
        """Say whether a flow has to name an account for one of the components."""
        if self.auth is None or entry.account is not None:
            return entry.account == "required"
        return self.auth.for_all and (bool(entry.scopes) or self.auth.type == "apiKey")

    def takes_account(self, entry: ComponentEntry) -> bool:
        """Say whether a flow can name an account for one of the components."""
        return self.has_accounts or entry.account is not None

    @model_validator(mode="after")
    def _can_be_set_up(self) -> Self:
        keys = {each.name for each in self.configuration}
        for step in self.setup:
            if unknown := [each for each in step.keys if each not in keys]:
                raise ValueError(f"the step {step.name} names {unknown[0]}, which is no key")
        return self

    @model_validator(mode="after")
    def _can_have_accounts(self) -> Self:
        names = [each.name for each in self.components if each.account is not None]
        if names and self.auth is None:
            raise ValueError(f"{names[0]} takes an account, and there is no auth")
        return self
