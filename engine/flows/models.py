"""What a flow document says, and what is known of components."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from ..contract import Form, JsonObject, with_form
from ..values import is_object

ComponentId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
PortName = Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9]*$")]
MAX_NOTES = 500


def _as_written(raw: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Return a number as it was written, so that a whole one stays one."""
    check(raw)
    return raw


# A function with types would have pydantic document these instead of the number.
AS_IT_IS = PlainSerializer(lambda number: number)
Coordinate = Annotated[
    float, Field(strict=True, ge=-1_000_000, le=1_000_000), WrapValidator(_as_written), AS_IT_IS
]
Length = Annotated[
    float, Field(strict=True, ge=1, le=100_000), WrapValidator(_as_written), AS_IT_IS
]


class _Written(BaseModel):
    """A part of a document, which is shown again in the order in which it was written."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="wrap")
    @classmethod
    def _keep_order(cls, raw: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        read = handler(raw)
        if is_object(raw):
            values = vars(read)
            for name in [each for each in raw if each in values]:
                values[name] = values.pop(name)
        return read


class Position(_Written):
    """Where the designer draws something."""

    x: Coordinate
    y: Coordinate


class Size(_Written):
    """How large the designer draws something."""

    width: Length
    height: Length


class FlowComponent(_Written):
    """One step of a flow."""

    type: str = Field(
        description="The component's full name.", examples=["vendor.service.SendText"]
    )
    account: str | None = Field(None, description="The name of the connected account it uses.")
    source: dict[PortName, dict[ComponentId, list[PortName]]] = Field(
        default_factory=dict[str, dict[str, list[str]]],
        description="For its input port: the earlier components and their output ports.",
        examples=[{"in": {"incoming": ["message"]}}],
    )
    input: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description="Values of the input fields; texts may hold {{ expressions }}, and"
        ' {"$literal": value} is taken as it stands.',
    )
    form: str | None = Field(
        default=None,
        max_length=64,
        description="The fingerprint of what the step's form was made from, where it has a form"
        " that the service decides on.",
    )
    label: str | None = Field(default=None, description="A name for people.")
    position: Position | None = None
    folded: bool = Field(default=False, description="The designer draws the step small.")


class FlowNote(_Written):
    """Something that people write beside the steps; it does nothing."""

    text: str = Field(max_length=10_000)
    position: Position | None = None
    size: Size | None = None
    color: str | None = Field(default=None, max_length=20, description="A name, such as yellow.")
    folded: bool = Field(default=False, description="The designer draws the note small.")


class FlowDocument(_Written):
    """A flow."""

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    components: dict[ComponentId, FlowComponent] = Field(min_length=1)
    notes: dict[ComponentId, FlowNote] = Field(
        default_factory=dict[str, FlowNote],
        max_length=MAX_NOTES,
        description="What people have written beside the steps, for the designer.",
    )

    @cached_property
    def listening(self) -> Mapping[tuple[str, str], list[str]]:
        """The steps that each component's port leads to, in the order of the document."""
        found: dict[tuple[str, str], list[str]] = {}
        for key, component in self.components.items():
            for earlier, ports in component.source.get("in", {}).items():
                for port in dict.fromkeys(ports):
                    found.setdefault((earlier, port), []).append(key)
        return found


@dataclass(frozen=True)
class ComponentType:
    """What a host knows of a component from manifest and schema, without its code."""

    name: str
    kind: str
    connector: str
    needs_account: bool
    takes_account: bool
    schema: Mapping[str, Any]
    # What only code can tell of an input, whether the component changes something, and whether
    # doing it twice is no other than doing it once.
    model: type[BaseModel] | None = None
    writes: bool = False
    may_repeat: bool = False
    # Makes the form of an input, where that takes nothing but the input.
    form: Callable[[JsonObject], Form] | None = None
    # Its fields for lists of any length.
    long_lists: frozenset[str] = frozenset()
    # The schema is that of one input, as a form has made it.
    is_formed: bool = False

    @property
    def ports(self) -> Mapping[str, Any]:
        ports: Mapping[str, Any] = self.schema["x-ports"]
        return ports

    @property
    def form_of(self) -> Mapping[str, Any] | None:
        """What of the component depends on its input, if anything."""
        return self.schema.get("x-form")

    @property
    def collects(self) -> bool:
        return "x-collects" in self.schema

    @property
    def collects_within(self) -> str:
        """The field with the seconds that it collects at most, if it has one."""
        field: str = self.schema.get("x-collects-within", "")
        return field

    @property
    def gives_lists(self) -> bool:
        """Whether what it gives is worked off one by one, however many values it gives."""
        return bool(self.last_ports)

    @property
    def last_ports(self) -> Sequence[str]:
        ports: Sequence[str] = self.schema.get("x-last-ports", ())
        return ports

    def with_form(self, form: Form) -> ComponentType:
        return replace(self, schema=with_form(self.schema, form), is_formed=True)


@dataclass(frozen=True)
class Fault:
    """Something wrong in a document: where, and a sentence with cause and cure."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class FlowFaults(ValueError):
    """A document that cannot be used, with all its faults."""

    title = "The flow cannot be used as it is"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


class InputFaults(FlowFaults):
    """A component's input that cannot be used, with all its faults."""

    title = "The input cannot be used as it is"
