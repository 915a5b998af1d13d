"""Message templates as their WABA defines them, and what a send has to fill in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appmixer.engine.contract import ComponentContext, RejectedError, ThrottledError

from ..fields.senders import graph_of, whatsapp
from ..foreign_json.shapes import as_object, as_objects, as_text
from .template import Template, part_of, variables

# The formats of headers that are files, and what a send calls them.
MEDIA_FORMATS = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document", "GIF": "gif"}


@dataclass(frozen=True)
class Button:
    """A button of a template; `parameter` is what a send has to give for it, if anything."""

    kind: str
    text: str
    parameter: str | None


@dataclass(frozen=True)
class Definition:
    """One language of a template, as far as a send depends on it."""

    name: str
    language: str
    is_named: bool
    header_format: str | None
    header_variables: tuple[str, ...]
    body_variables: tuple[str, ...]
    buttons: tuple[Button, ...]
    card_count: int
    has_expiry: bool


def read_definition(node: Mapping[str, Any]) -> Definition:
    parts = node.get("components")
    header, body = part_of(parts, "HEADER"), part_of(parts, "BODY")
    offer = as_object(part_of(parts, "LIMITED_TIME_OFFER").get("limited_time_offer"))
    return Definition(
        name=as_text(node.get("name")),
        language=as_text(node.get("language")),
        is_named=as_text(node.get("parameter_format")).upper() == "NAMED",
        header_format=as_text(header.get("format")).upper() or None,
        header_variables=variables(as_text(header.get("text"))),
        body_variables=variables(as_text(body.get("text"))),
        buttons=tuple(_buttons(part_of(parts, "BUTTONS"))),
        card_count=len(as_objects(part_of(parts, "CAROUSEL").get("cards"))),
        has_expiry=offer.get("has_expiration") is True,
    )


async def find_template(
    context: ComponentContext, waba_id: str, name: str, language: str
) -> Mapping[str, Any] | None:
    """Return the template as Meta describes it, or None where it cannot be read or is not there.

    It is remembered for ten minutes, and forgotten when Meta tells of a change. While Meta does
    not answer, what was read within a day counts.
    """
    known = await whatsapp(context).templates.find(waba_id, name, language)
    if known is not None and known.is_recent:
        return known.node
    try:
        return await read_template(context, waba_id, name, language)
    except (RejectedError, ThrottledError) as error:
        context.log.info("templates.unreadable", waba_id=waba_id, code=error.code)
        return None if known is None else known.node


async def confirmed_template(
    context: ComponentContext, waba_id: str, name: str, language: str
) -> Mapping[str, Any] | None:
    """Return the same for a send that does not fit it: read anew, but only once a minute."""
    known = await whatsapp(context).templates.find(waba_id, name, language)
    if known is not None and known.is_confirmed:
        return known.node
    try:
        return await read_template(context, waba_id, name, language, confirms=True)
    except (RejectedError, ThrottledError) as error:
        context.log.info("templates.unreadable", waba_id=waba_id, code=error.code)
        return None if known is None else known.node


async def read_template(
    context: ComponentContext, waba_id: str, name: str, language: str, *, confirms: bool = False
) -> Mapping[str, Any] | None:
    """Ask Meta for the template and remember it; raise what Meta says where it does not tell."""
    found = in_language(await read_templates(context, waba_id, name), language)
    if found is not None:
        templates = whatsapp(context).templates
        await templates.keep(waba_id, name, language, found, confirms=confirms)
    return found


def in_language(nodes: Sequence[dict[str, Any]], language: str) -> dict[str, Any] | None:
    # Seen in a live suite: a send finds the template whatever the case of its language.
    wanted = language.lower()
    return next((each for each in nodes if as_text(each.get("language")).lower() == wanted), None)


async def languages_of(context: ComponentContext, waba_id: str, name: str) -> list[str]:
    """Return the languages in which the WABA has the template, as far as it can be read."""
    try:
        nodes = await read_templates(context, waba_id, name)
    except (RejectedError, ThrottledError) as error:
        context.log.info("templates.unreadable", waba_id=waba_id, code=error.code)
        return []
    return languages_in(nodes)


def languages_in(nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({as_text(node.get("language")) for node in nodes} - {""})


async def read_templates(
    context: ComponentContext, waba_id: str, name: str
) -> list[dict[str, Any]]:
    """Return the template in all its languages; raise what Meta says where it does not tell."""
    found = graph_of(context).pages(
        f"{waba_id}/message_templates", {"name": name, **Template.asking()}
    )
    # Meta's filter also lets through names that only contain the one asked for.
    return [node async for node in found if node.get("name") == name]


def _buttons(part: Mapping[str, Any]) -> Sequence[Button]:
    return [
        Button(
            as_text(button.get("type")).upper(),
            as_text(button.get("text")),
            _button_parameter(button),
        )
        for button in as_objects(part.get("buttons"))
    ]


def _button_parameter(button: Mapping[str, Any]) -> str | None:
    match as_text(button.get("type")).upper():
        case "URL" if variables(as_text(button.get("url"))):
            return "the end of its URL"
        case "OTP":
            return "the code"
        case "COPY_CODE":
            return "the coupon code"
        case "MPM":
            return "its products"
        case _:
            return None
