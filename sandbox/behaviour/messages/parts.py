"""The parts that interactive messages are made of: frame, header, links, sections, buttons."""

from __future__ import annotations

from collections.abc import Sequence

from ...protocol.content import check_source, check_url, inner, limited, required
from ...protocol.errors import invalid_value, missing_parameter
from ...protocol.shapes import Json

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/
MAX_BODY_CHARS = 1024
MAX_LIST_BODY_CHARS = 4096
MAX_HEADER_CHARS = 60
MAX_FOOTER_CHARS = 60
MAX_BUTTON_TITLE_CHARS = 20
MAX_BUTTON_ID_CHARS = 256


def check_frame(
    content: Json, kind: str, *, headers: Sequence[str], needs_body: bool, has_footer: bool
) -> None:
    body = content.get("body")
    if body is None and needs_body:
        raise missing_parameter("interactive['body']")
    if body is not None:
        longest = MAX_LIST_BODY_CHARS if kind == "list" else MAX_BODY_CHARS
        said = required(inner(content, "body", "interactive['body']"), "text", "body['text']")
        limited(said, "Body text", longest)
    footer = content.get("footer")
    # Clients with one form for all messages send a footer without a text; to Graph, what is null
    # was not given.
    if footer is not None and footer.get("text") is not None:
        if not has_footer:
            raise invalid_value(f"interactive['footer'] is not supported for {kind}")
        limited(footer.get("text"), "Footer text", MAX_FOOTER_CHARS)
    if content.get("header") is not None:
        check_header(inner(content, "header", "interactive['header']"), kind, headers)


def check_header(header: Json, kind: str, allowed: Sequence[str]) -> None:
    form = required(header, "type", "interactive['header']['type']")
    if form not in allowed:
        raise invalid_value(f"interactive['header'] of type {form} is not supported for {kind}")
    if form == "text":
        said = required(header, "text", "interactive['header']['text']")
        limited(said, "Header text", MAX_HEADER_CHARS)
    else:
        check_source(inner(header, form, f"header['{form}']"), f"header['{form}']")


def check_link(action: Json) -> None:
    check_name(action, "cta_url")
    parameters = inner(action, "parameters", "action['parameters']")
    limited(parameters.get("display_text"), "display_text", MAX_BUTTON_TITLE_CHARS)
    check_url(required(parameters, "url", "parameters['url']"), "parameters['url']")


def check_choice(choice: Json, id_chars: int) -> str:
    """A title to tap and the id it answers with; gives the id."""
    limited(choice.get("title"), "Button title", MAX_BUTTON_TITLE_CHARS)
    button_id = choice.get("id")
    limited(button_id, "Button id", id_chars)
    return str(button_id)


def check_name(action: Json, *names: str) -> None:
    if required(action, "name", "interactive['action']['name']") not in names:
        raise invalid_value(f"interactive['action']['name'] must be {names[0]}")
