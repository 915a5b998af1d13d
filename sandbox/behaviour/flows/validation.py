"""What Meta finds wrong with a Flow's JSON. An upload with errors is kept; it cannot be published.

The rules are those of structure: versions, screens, their order, components and their required
properties. Expressions inside texts and the look of a screen are not judged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from types import MappingProxyType

from ...protocol.parameters import parse_json
from ...protocol.shapes import Json, is_array, is_object
from .positions import between, position_of

# https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/flowjson
VERSIONS = frozenset("2.1 3.0 3.1 4.0 5.0 5.1 6.0 6.1 6.2 6.3 7.0 7.1 7.2 7.3".split())
DATA_API_VERSIONS = frozenset(("3.0", "4.0"))
SCREEN_ID = re.compile(r"[A-Za-z_]{1,128}")
RESERVED_SCREEN = "SUCCESS"
MAX_COMPONENTS = 50
MAX_DEPTH = 12
MAX_ERRORS = 30
TOP_LEVEL = frozenset(
    ("version", "screens", "routing_model", "data_api_version", "data_channel_uri")
)
SCREEN_KEYS = frozenset(
    ("id", "title", "layout", "data", "terminal", "success", "refresh_on_back", "sensitive")
)
# Each kind of component with the properties it cannot do without.
COMPONENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "TextHeading": ("text",),
        "TextSubheading": ("text",),
        "TextBody": ("text",),
        "TextCaption": ("text",),
        "RichText": ("text",),
        "Form": ("name", "children"),
        "TextInput": ("name", "label"),
        "TextArea": ("name", "label"),
        "CheckboxGroup": ("name", "data-source"),
        "RadioButtonsGroup": ("name", "data-source"),
        "ChipsSelector": ("name", "label", "data-source"),
        "Dropdown": ("name", "label", "data-source"),
        "DatePicker": ("name", "label"),
        "CalendarPicker": ("name", "label"),
        "OptIn": ("name", "label"),
        "EmbeddedLink": ("text", "on-click-action"),
        "Image": ("src",),
        "ImageCarousel": ("images",),
        "NavigationList": ("name", "list-items"),
        "PhotoPicker": ("name", "label"),
        "DocumentPicker": ("name", "label"),
        "Footer": ("label", "on-click-action"),
        "If": ("condition", "then"),
        "Switch": ("value", "cases"),
    }
)
ACTIONS = frozenset(("navigate", "complete", "data_exchange", "open_url", "update_data"))
# Properties whose names give a typing slip away; any other name is left to newer versions.
NEVER = frozenset(("initial-text", "placeholder", "onclick", "on_click_action", "data_source"))

Path = tuple[str | int, ...]


def check(source: str) -> list[Json]:
    """The first errors of a Flow JSON, in the order of the text."""
    source = source.removeprefix("\ufeff")
    try:
        parsed = parse_json(source.encode())
    except (ValueError, UnicodeError) as broken:
        return [_broken(source, broken)]
    if not is_object(parsed):
        return [_error(source, (), "INVALID_PROPERTY_TYPE", "A Flow JSON must be an object.")]
    found = islice(chain(_top_level(source, parsed), _screens(source, parsed)), MAX_ERRORS)
    return sorted(found, key=lambda error: (error["line_start"], error["column_start"]))


def version_of(source: str | None, name: str) -> str | None:
    """A property of the text itself, `version` or `data_api_version`, where it can be read."""
    if source is None:
        return None
    try:
        parsed = parse_json(source.encode())
    except (ValueError, UnicodeError):
        return None
    value = parsed.get(name) if is_object(parsed) else None
    return value if isinstance(value, str) else None


def _top_level(source: str, flow: Json) -> Iterator[Json]:
    for name in ("version", "screens"):
        if name not in flow:
            yield _missing(source, (), name)
    if "version" in flow and flow["version"] not in VERSIONS:
        yield _value_error(source, ("version",))
    if "data_api_version" in flow and flow["data_api_version"] not in DATA_API_VERSIONS:
        yield _value_error(source, ("data_api_version",))
    for name in flow:
        if name not in TOP_LEVEL:
            yield _unexpected(source, (name,))
    yield from _routes(source, flow)


def _routes(source: str, flow: Json) -> Iterator[Json]:
    if "routing_model" not in flow:
        if "data_api_version" in flow:
            yield _missing(source, (), "routing_model")
        return
    routes = flow["routing_model"]
    if not is_object(routes):
        yield _type_error(source, ("routing_model",), "object")
        return
    known = {screen.get("id") for screen in _objects(flow.get("screens"))}
    for name, following in routes.items():
        if name not in known:
            yield _unknown_screen(source, ("routing_model", name), name)
        if not is_array(following):
            yield _type_error(source, ("routing_model", name), "array")
            continue
        for index, target in enumerate(following):
            if target not in known:
                yield _unknown_screen(source, ("routing_model", name, index), str(target))


def _screens(source: str, flow: Json) -> Iterator[Json]:
    screens = flow.get("screens")
    if screens is None:
        return
    if not is_array(screens) or not screens:
        yield _type_error(source, ("screens",), "non-empty array")
        return
    seen: set[object] = set()
    for index, screen in enumerate(screens):
        path: Path = ("screens", index)
        if not is_object(screen):
            yield _type_error(source, path, "object")
            continue
        yield from _screen(source, path, screen)
        if str(screen.get("id")) in seen:
            message = f"Duplicate screen id '{screen.get('id')}' found."
            yield _error(source, (*path, "id"), "DUPLICATE_SCREEN_ID", message)
        seen.add(str(screen.get("id")))
    if not any(screen.get("terminal") is True for screen in _objects(screens)):
        message = "At least one screen must be a terminal screen."
        yield _error(source, ("screens",), "MISSING_TERMINAL_SCREEN", message)


def _screen(source: str, path: Path, screen: Json) -> Iterator[Json]:
    for name in ("id", "layout"):
        if name not in screen:
            yield _missing(source, path, name)
    identity = screen.get("id")
    if identity is not None and (
        not isinstance(identity, str)
        or not SCREEN_ID.fullmatch(identity)
        or identity == RESERVED_SCREEN
    ):
        yield _value_error(source, (*path, "id"))
    for name in screen:
        if name not in SCREEN_KEYS:
            yield _unexpected(source, (*path, name))
    layout = screen.get("layout")
    if layout is None:
        return
    if not is_object(layout):
        yield _type_error(source, (*path, "layout"), "object")
        return
    if layout.get("type") != "SingleColumnLayout":
        yield _value_error(source, (*path, "layout", "type"))
    yield from _children(source, (*path, "layout"), layout, 0)
    if screen.get("terminal") is True and not _has_footer(layout, 0):
        message = "A terminal screen must have a Footer component."
        yield _error(source, (*path, "layout"), "MISSING_FOOTER", message)


def _children(source: str, path: Path, parent: Json, depth: int) -> Iterator[Json]:
    children = parent.get("children")
    here: Path = (*path, "children")
    if not is_array(children):
        if "children" in parent:
            yield _type_error(source, here, "array")
        elif path[-1] == "layout":
            yield _missing(source, path, "children")
        return
    if len(children) > MAX_COMPONENTS or depth > MAX_DEPTH:
        message = f"A screen must not have more than {MAX_COMPONENTS} components."
        yield _error(source, here, "INVALID_PROPERTY_VALUE", message)
        return
    for index, child in enumerate(children):
        if not is_object(child):
            yield _type_error(source, (*here, index), "object")
            continue
        yield from _component(source, (*here, index), child, depth)


def _component(source: str, path: Path, component: Json, depth: int) -> Iterator[Json]:
    kind = component.get("type")
    if kind is None:
        yield _missing(source, path, "type")
        return
    if not isinstance(kind, str) or kind not in COMPONENTS:
        yield _value_error(source, (*path, "type"))
        return
    for name in COMPONENTS[kind]:
        if name not in component:
            yield _missing(source, path, name)
    for name in component:
        if name in NEVER:
            yield _unexpected(source, (*path, name))
    action = component.get("on-click-action")
    if is_object(action) and action.get("name") not in ACTIONS:
        yield _value_error(source, (*path, "on-click-action", "name"))
    yield from _children(source, path, component, depth + 1)


def _has_footer(parent: Json, depth: int) -> bool:
    """Conditional parts may hold the footer in any of their branches."""
    if depth > MAX_DEPTH:
        return False
    below: list[object] = [parent.get("children"), parent.get("then"), parent.get("else")]
    cases = parent.get("cases")
    if is_object(cases):
        below.extend(cases.values())
    return any(
        child.get("type") == "Footer" or _has_footer(child, depth + 1)
        for branch in below
        for child in _objects(branch)
    )


def _objects(value: object) -> list[Json]:
    return [item for item in value if is_object(item)] if is_array(value) else []


def _broken(source: str, broken: Exception) -> Json:
    at = broken.pos if isinstance(broken, json.JSONDecodeError) else 0
    return {
        "error": "INVALID_JSON",
        "error_type": "JSON_SCHEMA_ERROR",
        "message": "The Flow JSON could not be parsed.",
        **between(source, at, at + 1).shown(),
    }


def _missing(source: str, path: Path, name: str) -> Json:
    message = f"Missing Flow JSON property '{name}'."
    return _error(source, path, "MISSING_REQUIRED_PROPERTY", message)


def _unexpected(source: str, path: Path) -> Json:
    where = "/".join(("$root", *(str(step) for step in path[:-1])))
    message = f'The property "{path[-1]}" cannot be specified at "{where}".'
    return _error(source, path, "INVALID_PROPERTY", message, "JSON_SCHEMA_ERROR", of_key=True)


def _value_error(source: str, path: Path) -> Json:
    message = f"Invalid value found for property '{path[-1]}'."
    return _error(source, path, "INVALID_PROPERTY_VALUE", message)


def _type_error(source: str, path: Path, wanted: str) -> Json:
    message = f"Expected property '{path[-1]}' to be of type {wanted}."
    return _error(source, path, "INVALID_PROPERTY_TYPE", message)


def _unknown_screen(source: str, path: Path, name: str) -> Json:
    message = f"Screen '{name}' used in the routing model does not exist."
    return _error(source, path, "INVALID_ROUTING_MODEL", message)


def _error(
    source: str,
    path: Sequence[str | int],
    code: str,
    message: str,
    kind: str = "FLOW_JSON_ERROR",
    *,
    of_key: bool = False,
) -> Json:
    position = position_of(source, path, of_key=of_key).shown()
    said: Json = {"error": code, "error_type": kind, "message": message, **position}
    if kind == "JSON_SCHEMA_ERROR":
        return said
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return {**said, "pointers": [{**position, "path": dotted.lstrip(".")}]}
