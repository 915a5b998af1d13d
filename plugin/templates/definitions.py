"""Message templates as their WABA defines them, and what a send has to fill in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appmixer.engine.contract import ActionContext, ComponentContext, RejectedError, ThrottledError

from ..fields.senders import graph_of, prove_sender
from ..foreign_json.shapes import as_object, as_objects, as_text
from .template import Template, part_of, variables

# The formats of headers that are files, and what a send calls them.
MEDIA_FORMATS = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document", "GIF": "gif"}
CACHED_S = 600.0


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


async def find_definition(
    context: ActionContext,
    *,
    phone_number_id: str,
    business_account_id: str | None,
    name: str,
    language: str,
    fresh: bool = False,
) -> Definition | None:
    """Return the definition that a send from the number would use, or None if it cannot be read.

    It is remembered for ten minutes; `fresh` reads it again.
    """
    node = await find_template(
        context, phone_number_id, business_account_id, name, language, fresh=fresh
    )
    return None if node is None else read_definition(node)


async def find_template(
    context: ComponentContext,
    phone_number_id: str,
    business_account_id: str | None,
    name: str,
    language: str,
    *,
    fresh: bool = False,
) -> Mapping[str, Any] | None:
    """Return the same as Meta describes it."""
    waba_id = (await prove_sender(context, phone_number_id, business_account_id)).waba_id
    key = f"template:{waba_id}:{name}:{language}"
    known = as_object((await context.store.get([key])).get(key))
    if known and not fresh:
        return known
    node = await _node(context, waba_id, name, language)
    if node is None:
        return None
    await context.store.put({key: node}, expires_in_s=CACHED_S)
    return node


async def languages_of(
    context: ComponentContext, phone_number_id: str, override: str | None, name: str
) -> list[str]:
    """Return the languages in which the number's WABA has the template."""
    sender = await prove_sender(context, phone_number_id, override)
    nodes = await _nodes(context, sender.waba_id, name)
    return sorted({as_text(node.get("language")) for node in nodes} - {""})


async def _node(
    context: ComponentContext, waba_id: str, name: str, language: str
) -> dict[str, Any] | None:
    nodes = await _nodes(context, waba_id, name)
    # Seen in a live suite: a send finds the template whatever the case of its language.
    wanted = language.lower()
    return next((each for each in nodes if as_text(each.get("language")).lower() == wanted), None)


async def _nodes(context: ComponentContext, waba_id: str, name: str) -> list[dict[str, Any]]:
    """Return the template in all its languages; nothing where templates cannot be read."""
    found = graph_of(context).pages(
        f"{waba_id}/message_templates", {"name": name, **Template.asking()}
    )
    try:
        # Meta's filter also lets through names that only contain the one asked for.
        return [node async for node in found if node.get("name") == name]
    except (RejectedError, ThrottledError) as error:
        context.log.info("templates.unreadable", waba_id=waba_id, code=error.code)
        return []


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
