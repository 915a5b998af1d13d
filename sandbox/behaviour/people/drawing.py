"""How a template looks on a phone: its parts with the parameters of one send filled in.

What was sent has been checked against the template when it was accepted. The template may have
been changed or deleted since: then the text that was filled in at that moment is what is left.
"""

from __future__ import annotations

import re

from ...protocol.shapes import Json, is_object, objects, text
from ...world.entities import Message, Template
from ...world.world import World

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")


def drawn(world: World, message: Message) -> Json:
    """Header, body, footer, buttons and cards of a template message."""
    content = message.content
    body = text(content.get("rendered"))
    template = _template(world, message)
    if template is None:
        return {"body": body}
    drawing = _bubble(template.components, objects(content.get("components")))
    return drawing | ({"body": body} if body else {})


def _template(world: World, message: Message) -> Template | None:
    language = message.content.get("language")
    code = text(language.get("code")) if is_object(language) else ""
    waba_id = world.numbers[message.number_id].waba_id
    wanted = (waba_id, text(message.content.get("name")), code)
    templates = world.templates.values()
    return next((one for one in templates if (one.waba_id, one.name, one.language) == wanted), None)


def _bubble(defined: list[Json], sent: list[Json]) -> Json:
    drawing: Json = {}
    for component in defined:
        kind = text(component.get("type")).upper()
        given = [one for one in sent if text(one.get("type")).lower() == kind.lower()]
        values = [value for one in given for value in objects(one.get("parameters"))]
        if kind == "HEADER":
            drawing["header"] = _header(component, values)
        elif kind in ("BODY", "FOOTER"):
            drawing[kind.lower()] = _filled(text(component.get("text")), values)
        elif kind == "LIMITED_TIME_OFFER":
            drawing["offer"] = _offer(component, values)
        elif kind == "BUTTONS":
            drawing["buttons"] = _buttons(component, sent)
        elif kind == "CAROUSEL":
            drawing["cards"] = _cards(component, given)
    return drawing


def _header(component: Json, values: list[Json]) -> Json:
    form = text(component.get("format")).lower() or "text"
    if form == "text":
        return {"type": "text", "text": _filled(text(component.get("text")), values)}
    parts: list[Json] = [value[form] for value in values if is_object(value.get(form))]
    return {"type": form, form: parts[0] if parts else {}}


def _offer(component: Json, values: list[Json]) -> Json:
    offer = component.get("limited_time_offer")
    shown: Json = {"text": text(offer.get("text")) if is_object(offer) else ""}
    for value in values:
        given = value.get("limited_time_offer")
        if is_object(given) and "expiration_time_ms" in given:
            shown["expirationTimeMs"] = given["expiration_time_ms"]
    return shown


def _buttons(component: Json, sent: list[Json]) -> list[Json]:
    given = {
        str(one.get("index")): objects(one.get("parameters"))
        for one in sent
        if text(one.get("type")).lower() == "button"
    }
    return [
        _button(button, given.get(str(index), []))
        for index, button in enumerate(objects(component.get("buttons")))
    ]


def _button(button: Json, values: list[Json]) -> Json:
    kind = text(button.get("type")).upper()
    shown: Json = {"type": kind, "text": text(button.get("text")) or _label(kind)}
    if kind == "URL":
        shown["url"] = _filled(text(button.get("url")), values)
    elif kind == "PHONE_NUMBER":
        shown["phoneNumber"] = text(button.get("phone_number"))
    elif kind == "QUICK_REPLY":
        payloads = [text(value["payload"]) for value in values if "payload" in value]
        shown["payload"] = payloads[0] if payloads else shown["text"]
    elif kind == "COPY_CODE":
        codes = [text(value["coupon_code"]) for value in values if "coupon_code" in value]
        shown["code"] = codes[0] if codes else ""
    elif kind == "FLOW":
        shown["flowId"] = text(button.get("flow_id"))
        actions = [value["action"] for value in values if is_object(value.get("action"))]
        shown["flowToken"] = text(actions[0].get("flow_token")) if actions else ""
    return shown


def _label(kind: str) -> str:
    labels = {"COPY_CODE": "Copy offer code", "OTP": "Copy code", "VOICE_CALL": "Call now"}
    return labels.get(kind, kind.replace("_", " ").capitalize())


def _cards(component: Json, given: list[Json]) -> list[Json]:
    sent = {
        str(card.get("card_index", index)): objects(card.get("components"))
        for one in given
        for index, card in enumerate(objects(one.get("cards")))
    }
    return [
        _bubble(objects(card.get("components")), sent.get(str(index), []))
        for index, card in enumerate(objects(component.get("cards")))
    ]


def _filled(source: str, values: list[Json]) -> str:
    """Positional variables take the values in their order, named ones by name."""
    names = list(dict.fromkeys(PLACEHOLDER.findall(source)))
    by_name = {
        text(value.get("parameter_name")) or (names[index] if index < len(names) else ""): value
        for index, value in enumerate(values)
    }
    return PLACEHOLDER.sub(lambda match: _text(by_name.get(match[1], {}), match[0]), source)


def _text(value: Json, otherwise: str) -> str:
    kind = text(value.get("type")).lower()
    part = value.get(kind)
    if is_object(part):
        return text(part.get("fallback_value")) or otherwise
    return text(part) or otherwise
