"""The things of a world as pydantic models: what a document may say of them, in camelCase.

The models follow the dataclasses, so that whatever a thing gains can be set and shown at once;
only what needs a rule of its own (an id, a reference, a default) is written out.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    create_model,
)

from ..protocol.shapes import is_array, is_object
from ..world.entities import (
    App,
    Business,
    LoginConfiguration,
    Person,
    PhoneNumber,
    Template,
    Token,
    User,
    Waba,
)
from ..world.settings import Switches

NUMERIC_ID = r"^\d{5,20}$"
Id = Annotated[str, Field(pattern=NUMERIC_ID)]
Name = Annotated[str, Field(min_length=1, max_length=512)]
Pin = Annotated[str, Field(pattern=r"^\d{6}$")]


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("is not base64") from None


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


Content = Annotated[
    bytes,
    BeforeValidator(_decoded),
    PlainSerializer(_encoded, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
# Numbers are moments, durations and counts; a moment has to be one that a calendar knows.
BOUNDED: Mapping[Any, Any] = MappingProxyType(
    {
        bytes: Content,
        bytearray: Content,
        float: Annotated[float, Field(ge=0, le=100_000_000_000)],
        int: Annotated[int, Field(ge=0, le=100_000_000_000)],
    }
)
# In a fixed order, so that the same world is always the same document.
InOrder = PlainSerializer(sorted, return_type=list[str], when_used="json")


class Described(Switches):
    """A model that follows a dataclass."""

    entity: ClassVar[type] = object


@dataclasses.dataclass(frozen=True)
class Part:
    """One kind of thing in a document."""

    name: str
    """Its list in the document, and the attribute of the world that holds it."""
    entity: type
    key: str
    """The field that names a thing of this kind."""
    model: type[Described]
    change: type[Switches]
    nullable: frozenset[str]
    """The fields that may be None once the thing is there."""
    """The same with nothing required, and without what cannot be changed."""


def _part(
    name: str,
    entity: type,
    rules: Mapping[str, Any],
    *,
    key: str = "id",
    fixed: tuple[str, ...] = (),
    leave_out: tuple[str, ...] = (),
) -> Part:
    fields = {**_fields(entity, leave_out), **rules}
    changes: dict[str, Any] = {
        field: (given[0], None if given[1] is ... else given[1])
        for field, given in fields.items()
        if field not in (key, *fixed)
    }
    title = entity.__name__
    return Part(
        name,
        entity,
        key,
        _described(entity, fields),
        create_model(f"{title}Change", __base__=Switches, **changes),
        frozenset(
            name for name, hint in get_type_hints(entity).items() if type(None) in get_args(hint)
        ),
    )


def _called(name: str, kind: Any, *default: object) -> tuple[Any, Any]:
    """A field that the controls have called otherwise all along."""
    names = AliasChoices(name)
    if default:
        return kind, Field(default=default[0], validation_alias=names, serialization_alias=name)
    return kind, Field(
        default_factory=lambda: None, validation_alias=names, serialization_alias=name
    )


def _fields(entity: type, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    hints = get_type_hints(entity)
    return {
        item.name: (_outside(hints[item.name]), _default(item))
        for item in dataclasses.fields(entity)
        if item.name not in leave_out
    }


def _outside(hint: Any) -> Any:
    """The type of a field as it is in a document."""
    if dataclasses.is_dataclass(hint):
        return _model_of(cast("type", hint))
    if hint in BOUNDED:
        return BOUNDED[hint]
    arguments = get_args(hint)
    origin = get_origin(hint)
    if origin is Literal or not arguments:
        return hint
    inner = tuple(_outside(argument) for argument in arguments)
    if origin in (Union, UnionType):
        return Union[inner]  # noqa: UP007 - the arguments are only known here
    whole: Any = origin[inner]
    return Annotated[whole, InOrder] if origin in (set, frozenset) else whole


@cache
def _model_of(entity: type) -> type[Described]:
    return _described(entity, _fields(entity))


def _described(entity: type, fields: Mapping[str, Any]) -> type[Described]:
    model = create_model(entity.__name__, __base__=Described, **fields)
    model.entity = entity
    return model


def _default(item: dataclasses.Field[Any]) -> Any:
    if item.default is not dataclasses.MISSING:
        return item.default
    if item.default_factory is not dataclasses.MISSING:
        # What is not named is made by the dataclass itself, so this one is never looked at.
        return Field(default_factory=lambda: None)
    return ...


# What is not required here is filled in when a document is read.
PARTS = (
    _part(
        "businesses",
        Business,
        {
            "id": (Id | None, None),
            "name": (Name, ...),
            "messaging_limit": (
                Literal[
                    "TIER_50",
                    "TIER_250",
                    "TIER_1K",
                    "TIER_2K",
                    "TIER_10K",
                    "TIER_100K",
                    "TIER_UNLIMITED",
                ],
                "TIER_250",
            ),
        },
    ),
    _part(
        "wabas",
        Waba,
        {"id": (Id | None, None), "name": (Name, ...), "business_id": (Id, ...)},
        fixed=("business_id",),
        leave_out=("template_creations",),
    ),
    _part(
        "numbers",
        PhoneNumber,
        {
            "id": (Id | None, None),
            "waba_id": (Id, ...),
            "display": (Annotated[str, Field(pattern=r"^\+\d{1,3} [\d ()-]{4,25}$")], ...),
            "country_code": (
                Annotated[str | None, Field(description="From display unless given")],
                None,
            ),
            "verified_name": (
                Annotated[Name | None, Field(description="The WABA's name unless given")],
                None,
            ),
            "pin": (Pin | None, None),
            "quality": (Literal["GREEN", "YELLOW", "RED", "UNKNOWN"], "GREEN"),
            "throughput": (Literal["STANDARD", "HIGH"], "STANDARD"),
            "code_verification_status": (
                Literal["VERIFIED", "NOT_VERIFIED", "EXPIRED"],
                "VERIFIED",
            ),
        },
        fixed=("waba_id",),
    ),
    _part(
        "apps",
        App,
        {
            "id": (Id | None, None),
            "name": (Name, ...),
            "secret": (
                Annotated[str | None, Field(min_length=8, description="Made up unless given")],
                None,
            ),
            "verify_token": (
                Annotated[str | None, Field(min_length=1, description="Made up unless given")],
                None,
            ),
            "configurations": (
                dict[str, _model_of(LoginConfiguration)],  # type: ignore[misc]  # made above
                Field(default_factory=dict),
            ),
            "requires_proof": _called("requireAppSecretProof", bool, False),
            "callback_url": (
                Annotated[str | None, Field(pattern=r"^https?://", max_length=2000)],
                None,
            ),
        },
    ),
    _part(
        "users",
        User,
        {
            "id": (Id | None, None),
            "name": (Name, ...),
            "business_ids": (tuple[Id, ...], ...),
            "waba_ids": (
                Annotated[
                    tuple[Id, ...] | None,
                    Field(description="All of their businesses' unless given"),
                ],
                None,
            ),
        },
    ),
    _part(
        "tokens",
        Token,
        {
            "value": (
                Annotated[
                    str | None,
                    Field(
                        pattern=r"^[A-Za-z0-9_|.-]{4,}$",
                        max_length=500,
                        description="Made up unless given",
                    ),
                ],
                None,
            ),
            "app_id": (
                Annotated[Id | None, Field(description="The only app unless given")],
                None,
            ),
            "kind": (Literal["USER", "SYSTEM_USER"], "SYSTEM_USER"),
            "user_id": (Id, ...),
            "scopes": (
                Annotated[
                    dict[str, Annotated[frozenset[str], InOrder] | None],
                    Field(
                        description="Permission to WABA ids, null for all of the user's; "
                        "management and messaging unless given"
                    ),
                ],
                Field(default_factory=dict),
            ),
            "issued_at": (BOUNDED[int], 0),
            "expires_at": (
                Annotated[BOUNDED[int], Field(description="0 never expires")],
                0,
            ),
            "data_access_expires_at": (BOUNDED[int], 0),
        },
        key="value",
        leave_out=("user",),
    ),
    _part(
        "people",
        Person,
        {
            "wa_id": (Annotated[str | None, Field(pattern=r"^\d{5,15}$")], None),
            "bsuid": (
                Annotated[str | None, Field(pattern=r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")],
                None,
            ),
            "name": (str, "Someone"),
            "hides_phone": _called("hidePhone", bool, False),
            "is_online": _called("online", bool, True),
            "blocked": _called("blocks", Annotated[set[str], InOrder]),
            "stopped_marketing": _called("stopsMarketing", Annotated[set[str], InOrder]),
            "allowed": (
                Annotated[bool, Field(description="On every app's list of test recipients")],
                True,
            ),
        },
        key="wa_id",
        leave_out=("chat", "waiting"),
    ),
    _part(
        "templates",
        Template,
        {
            "id": (Id | None, None),
            "waba_id": (Id, ...),
            "name": (Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=512)], ...),
            "language": (Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Za-z]{2,4})?$")], ...),
            "category": (Literal["AUTHENTICATION", "MARKETING", "UTILITY"], ...),
            "created_at": (
                Annotated[BOUNDED[float] | None, Field(description="Now unless given")],
                None,
            ),
            "parameter_format": (Literal["POSITIONAL", "NAMED"], "POSITIONAL"),
        },
        fixed=("waba_id",),
    ),
)
BY_NAME = MappingProxyType({part.name: part for part in PARTS})


def named(given: BaseModel) -> dict[str, Any]:
    """What somebody said, as the things inside are made."""
    return {name: _inside(getattr(given, name)) for name in given.model_fields_set}


def _inside(value: Any) -> Any:
    if isinstance(value, Described):
        return value.entity(**named(value))
    if is_object(value):
        return {key: _inside(item) for key, item in value.items()}
    if is_array(value):
        return [_inside(item) for item in value]
    return value


def shown(part: Part, values: Mapping[str, object]) -> dict[str, Any]:
    """A thing as a document says it."""
    known = {name: value for name, value in values.items() if name in part.model.model_fields}
    model = part.model.model_validate(known, from_attributes=True, by_name=True)
    return model.model_dump(mode="json", by_alias=True)
