"""Connectors with their components, dropdowns, and tests of one component."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, RootModel

from ...contract.manifest import Auth, EndpointRoute, QuotaRule
from ...flows.models import FlowDocument
from ...runs.states import StepState
from .refusals import Failure
from .runs import StepFate
from .shape import Shape


class Port(Shape):
    """Where values leave a step."""

    name: str
    is_main: bool
    path: list[str] = Field(
        description="What an expression has between the step's name and a field of the value: the"
        " port's name, or nothing where that is a word of the expression language."
    )


class Component(Shape):
    """What a step of a flow can be."""

    name: str
    kind: Literal["action", "trigger"]
    label: str
    description: str
    group: str = Field(description="The palette group.")
    keywords: list[str] = Field(description="Further words by which people look for it.")
    scopes: list[str] = Field(description="What an account must be allowed.")
    effect: Literal["read", "write"]
    idempotent: bool = Field(description="Whether doing it twice is the same as doing it once.")
    needs_account: bool = Field(description="Whether a flow has to name an account for it.")
    takes_account: bool = Field(description="Whether a flow can name an account for it.")
    ports: list[Port]
    schema_: dict[str, Any] = Field(
        alias="schema",
        description="The JSON Schema of its input, with its ports, samples and hints in x- words.",
    )


class Connector(Shape):
    """A service that flows can use."""

    contract: str = Field(description="The version of the contract that it is written for.")
    id: str
    label: str
    version: str
    description: str
    icon: str = Field(description="A square SVG as a data URI.")
    auth: Auth | None = Field(description="How accounts connect; null where there are none.")
    endpoint: list[EndpointRoute]
    quotas: list[QuotaRule]
    components: list[Component]


class ConnectorList(Shape):
    language: str = Field(description="The one that the texts are in, where they are.")
    languages: list[str] = Field(description="Those that there are texts in.")
    connectors: list[Connector]


class Example(Shape):
    """A flow to begin with."""

    id: str
    connector: str = Field(description="The id of the connector that brings it.")
    name: str
    description: str
    flow: FlowDocument


class ExampleList(Shape):
    examples: list[Example]


class Entry(Shape):
    """One of a field's choices."""

    value: str
    label: str
    hint: str = Field(description="A second line, or empty.")
    badge: str = Field(description="How it stands, in a word or two, or empty.")
    state: Literal["fine", "advice", "fault"] = Field(
        description="Whether that keeps something from working, or may want a change."
    )
    is_disabled: bool


class Explanation(Shape):
    """Why a list is empty, or is not the whole of it."""

    title: str
    cause: str
    cure: str = Field(description="What to do about it, or empty.")
    field: str = Field(description="What is to be filled in or changed first, or empty.")


class EntryList(Shape):
    options: list[Entry] = Field(description="At most 100 of those that fit the search.")
    next: int | None = Field(description="What to send as `after` for more; null where it ends.")
    explanation: Explanation | None


class FunctionArgument(Shape):
    name: str
    kind: str = Field(description="What kind of value it takes, in words.")
    is_optional: bool


class Function(Shape):
    """A function of the expression language."""

    name: str
    kind: Literal["function", "method", "macro"] = Field(
        description="A method stands behind a value; a macro is one that takes an expression."
    )
    group: str = Field(description="What it is about, such as `texts` or `dates`.")
    signature: str
    arguments: list[FunctionArgument] = Field(
        description="What stands before the dot of a method is the first."
    )
    gives: str = Field(description="What kind of value it gives, in words.")
    description: str
    keywords: list[str] = Field(description="What it is called elsewhere, in small letters.")
    example: str = Field(description="An expression that uses it.")
    result: Any = Field(description="The value of the example.")


class FunctionList(Shape):
    functions: list[Function]


class PreviewPart(Shape):
    """A part of what somebody will see."""

    kind: str = Field(
        description="`title`, `text`, `footer`, `image`, `video`, `audio`, `document`, `location`,"
        " `contact`, `button`, `choice`, `card` or another word, which is shown as text."
    )
    text: str
    link: str = Field(description="Where it leads or lies, or empty.")
    parts: list[PreviewPart] = Field(description="Those inside it, as of a card.")


class Preview(Shape):
    """What a step will do. Expressions without a value stand in it as they are written."""

    summary: str = Field(description="One line of it, or empty.")
    recipient: str = Field(description="As the service will be told, or empty.")
    region: str = Field(description="The recipient's country (ISO 3166), where it is known.")
    bubble: list[PreviewPart] = Field(description="What they will see, from top to bottom.")
    cost: str = Field(description="In words, or empty where it is not known.")
    notes: list[str] = Field(description="What to mind.")


class PreviewResult(Shape):
    preview: Preview | None = Field(description="null where the component shows nothing.")


class ComponentForm(Shape):
    """What an input makes of a component."""

    form: str = Field(
        description="The fingerprint of what it is made from, for the step's field `form`."
    )
    schema_: dict[str, Any] = Field(
        alias="schema", description="The component's schema, with its fields and ports as they are."
    )
    ports: list[Port]


class Samples(Shape):
    """What a trigger could give."""

    status: Literal["sample"]
    samples: dict[str, Any] = Field(description="An example of each kind of value, by its name.")


class Tried(Shape):
    """What an action did."""

    status: StepState
    output: dict[str, list[Any]] = Field(description="The values by port.")
    error: Failure | None
    reason: str = Field("", description="What it would wait for in a flow.")
    fate: StepFate | None = Field(
        description="What has become of it within 5 seconds, where that goes on after the step; its"
        " `reasons` say what to mind while it is only accepted. Nobody follows it any longer."
    )


class SentNothing(Tried):
    """What an action did in a dry run, without any request that could be shown."""

    dry_run: Literal[True]
    request: None


class HeardEvent(Shape):
    """What a trigger has made of the next event."""

    status: Literal["heard", "nothing"] = Field(description="`nothing` came in time.")
    event_id: int | None = Field(description="The event's `id`.")
    output: dict[str, Any] = Field(description="The value by port.")


class ShownRequest(Shape):
    """A request, with its secrets hidden."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any = Field(description="JSON where it is such, else the text.")


class WouldSend(Shape):
    """What an action would have sent."""

    dry_run: Literal[True]
    status: Literal["notSent"]
    request: ShownRequest


class ComponentTestResult(RootModel[Samples | Tried | SentNothing | WouldSend]):
    """What became of a test."""
