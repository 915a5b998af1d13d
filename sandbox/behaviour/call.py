"""One Graph call as the endpoints see it: who asks, for which node, with which parameters."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from starlette.datastructures import UploadFile
from starlette.responses import Response

from ..protocol.errors import MetaError, missing_parameter
from ..protocol.fields import Selected, parse_fields
from ..protocol.shapes import Json, is_array, is_object
from ..world.belongings import Flow, Signup
from ..world.entities import (
    App,
    Business,
    Group,
    Media,
    PhoneNumber,
    Template,
    TemplateGroup,
    Token,
    User,
    Waba,
)
from ..world.world import Node, World

Kind = TypeVar(
    "Kind",
    PhoneNumber,
    Waba,
    App,
    Business,
    Template,
    TemplateGroup,
    Media,
    User,
    Flow,
    Group,
    Signup,
)


@dataclass(slots=True)
class Call:
    world: World
    method: str
    version: str
    path: str
    base_url: str
    token: Token | None
    parameters: Json
    node: Node | None = None
    files: dict[str, UploadFile] | None = None
    rest: str = ""
    failed_code: int | None = None
    """A fault wants the message to be accepted and to fail later, with this code."""
    content: AsyncGenerator[bytes] | None = None
    """The body as it comes in, where it is a file and not parameters."""

    @property
    def url(self) -> str:
        """The address of this call without its query, for the links of a list."""
        return f"{self.base_url}/{self.version}/{self.path}".replace("//", "/").replace(":/", "://")

    def fields(self) -> tuple[Selected, ...]:
        return parse_fields(str(self.parameters.get("fields") or ""))

    def bearer(self) -> Token:
        if self.token is None:
            raise MetaError(104, "An access token is required to request this resource.")
        return self.token

    def need(self, name: str) -> str:
        """A parameter that must be there, as text."""
        value = self.parameters.get(name)
        if value is None or value == "":
            raise missing_parameter(name)
        if is_object(value) or is_array(value) or isinstance(value, bool):
            raise MetaError(100, f"(#100) Param {name} must be a string")
        return str(value)

    def listed(self, name: str) -> list[str]:
        """A parameter that is a list, a JSON list in text, or names with commas between them."""
        value = self.parameters.get(name)
        if isinstance(value, str) and value.startswith("["):
            value = loads(value, name)
        if is_array(value):
            return [str(item) for item in value]
        return [part.strip() for part in str(value or "").split(",") if part.strip()]

    # The dispatcher has already matched the node with the route; these only narrow the type.

    def number(self) -> PhoneNumber:
        return _narrow(self.node, PhoneNumber)

    def waba(self) -> Waba:
        return _narrow(self.node, Waba)

    def app(self) -> App:
        return _narrow(self.node, App)

    def business(self) -> Business:
        return _narrow(self.node, Business)

    def template(self) -> Template:
        return _narrow(self.node, Template)

    def template_group(self) -> TemplateGroup:
        return _narrow(self.node, TemplateGroup)

    def media(self) -> Media:
        return _narrow(self.node, Media)

    def user(self) -> User:
        return _narrow(self.node, User)

    def flow(self) -> Flow:
        return _narrow(self.node, Flow)

    def group(self) -> Group:
        return _narrow(self.node, Group)

    def signup(self) -> Signup:
        return _narrow(self.node, Signup)


Answer: TypeAlias = Json | Response
Endpoint: TypeAlias = Callable[[Call], Awaitable[Answer]]


def success() -> Json:
    return {"success": True}


def loads(text: str, name: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise MetaError(100, f"(#100) Param {name} must be valid JSON") from None


def _narrow(node: Node | None, kind: type[Kind]) -> Kind:
    if not isinstance(node, kind):
        raise TypeError(f"the route gave {type(node).__name__} where {kind.__name__} belongs")
    return node
