"""Meta's array of components, built from the form in which a template is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from appmixer.engine.contract import Json

from ..templates.template import VARIABLE, variables
from .faults import Place, fault
from .fields import TemplateContent
from .parts import FILE_HEADERS, Button, Card, Example, Sample

BUTTON_TYPES = {
    "quickReply": "QUICK_REPLY",
    "url": "URL",
    "phoneNumber": "PHONE_NUMBER",
    "copyCode": "COPY_CODE",
    "flow": "FLOW",
    "catalog": "CATALOG",
    "multiProduct": "MPM",
    "singleProduct": "SPM",
    "orderDetails": "ORDER_DETAILS",
    "voiceCall": "VOICE_CALL",
    "contactRequest": "REQUEST_CONTACT_INFO",
}
# Their labels are WhatsApp's own.
WITHOUT_TEXT = ("COPY_CODE", "REQUEST_CONTACT_INFO")
OTP_TYPES = {"copyCode": "COPY_CODE", "oneTap": "ONE_TAP", "zeroTap": "ZERO_TAP"}


def build_components(content: TemplateContent) -> list[dict[str, Any]]:
    """Return Meta's components for the form.

    A sample that has no handle yet stands for itself; see `samples_of`.
    """
    if content.components is not None:
        return content.components
    if content.category == "AUTHENTICATION":
        return _authentication(content)
    built = [
        *_header(content, content.header_text, content.header_example, Place()),
        *_body(content.body, content.body_examples),
        *_offer(content),
        *([{"type": "FOOTER", "text": content.footer}] if content.footer else []),
        *_buttons(content.buttons),
    ]
    if content.cards:
        cards = [_card(card, Place().inside("cards", i)) for i, card in enumerate(content.cards)]
        built.append({"type": "CAROUSEL", "cards": cards})
    if content.asks_call_permission:
        built.append({"type": "CALL_PERMISSION_REQUEST"})
    return built


def samples_of(content: TemplateContent) -> list[tuple[str, Sample, str, Sequence[int]]]:
    """Return the headers whose samples have to be uploaded: kind, sample, field, and where."""
    found: list[tuple[str, Sample, str, Sequence[int]]] = []
    if content.components is not None:
        return found
    if content.header_kind in FILE_HEADERS and content.header_sample:
        found.append((content.header_kind, content.header_sample, "headerSample", ()))
    for index, card in enumerate(content.cards):
        if card.header_kind in FILE_HEADERS and card.header_sample:
            field = f"cards.{index}.headerSample"
            found.append((card.header_kind, card.header_sample, field, (index,)))
    return [each for each in found if not each[1].handle]


def with_handle(
    components: list[dict[str, Any]], where: Sequence[int], handle: str
) -> list[dict[str, Any]]:
    """Return the components with the handle in the header there: of all, or of one card."""
    if not where:
        example = {"example": {"header_handle": [handle]}}
        return [each | example if each["type"] == "HEADER" else each for each in components]
    carousel = next(each for each in components if each["type"] == "CAROUSEL")
    cards = list(carousel["cards"])
    inner = with_handle(cards[where[0]]["components"], where[1:], handle)
    cards[where[0]] = {"components": inner}
    return [each | {"cards": cards} if each is carousel else each for each in components]


def _header(
    part: TemplateContent | Card, text: str | None, example: object, place: Place
) -> list[dict[str, Any]]:
    if part.header_kind is None:
        if text or part.header_sample:
            cause = "A header is filled in, and it is not said of which kind."
            raise fault(place("headerKind"), cause, "Choose the kind of header.")
        return []
    header: dict[str, Any] = {"type": "HEADER", "format": part.header_kind.upper()}
    if part.header_kind == "text":
        header["text"] = text or ""
        if example is not None and (names := variables(header["text"])):
            header["example"] = _header_example(names, str(example))
    elif part.header_kind in FILE_HEADERS and part.header_sample:
        sample = part.header_sample
        given = [each for each in (sample.handle, sample.link, sample.file_id) if each]
        if len(given) > 1:
            cause = "More than one sample is given."
            raise fault(place("headerSample"), cause, "Give a file, a link or a handle.")
        header["example"] = {"header_handle": given}
    return [header]


def _header_example(names: Sequence[str], example: str) -> dict[str, Json]:
    if names[0].isdigit():
        return {"header_text": [example]}
    return {"header_text_named_params": [{"param_name": names[0], "example": example}]}


def check_examples(content: TemplateContent) -> None:
    """Refuse examples of variables that are in no text."""
    _check_surplus(content.body, content.body_examples, Place())
    for index, card in enumerate(content.cards):
        _check_surplus(card.body, card.body_examples, Place().inside("cards", index))


def _check_surplus(text: str | None, examples: Sequence[Example], place: Place) -> None:
    names = variables(text or "")
    for index, example in enumerate(examples):
        name = _variable_of(example, names, index)
        if name not in names:
            # Named after the text, because an expression in the examples says nothing of it.
            told = f"a variable {{{{{name}}}}}" if name else f"{len(examples)} variables"
            raise fault(
                place("body"),
                f"There are examples for {told}, and the text has {_told(names)}.",
                "Write the variable into the text, or take its example away.",
            )


def _body(text: str | None, examples: Sequence[Example]) -> list[dict[str, Any]]:
    if not text:
        return []
    body: dict[str, Any] = {"type": "BODY", "text": text}
    names = variables(text)
    given = {
        _variable_of(example, names, index): str(example.value)
        for index, example in enumerate(examples)
    }
    found = [name for name in names if name in given]
    if found and found[0].isdigit():
        body["example"] = {"body_text": [[given.get(name, "") for name in names]]}
    elif found:
        named = [{"param_name": name, "example": given[name]} for name in found]
        body["example"] = {"body_text_named_params": named}
    return [body]


def _variable_of(example: Example, names: Sequence[str], index: int) -> str:
    return example.name or (names[index] if index < len(names) else "")


def _told(names: Sequence[str]) -> str:
    return ", ".join(f"{{{{{name}}}}}" for name in names) or "none"


def _offer(content: TemplateContent) -> list[dict[str, Any]]:
    if not content.offer_text:
        return []
    offer = {"text": content.offer_text, "has_expiration": content.offer_has_expiry}
    return [{"type": "LIMITED_TIME_OFFER", "limited_time_offer": offer}]


def _buttons(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    if not buttons:
        return []
    return [{"type": "BUTTONS", "buttons": [_button(each) for each in buttons]}]


def _button(button: Button) -> dict[str, Any]:
    kind = BUTTON_TYPES[button.kind]
    built: dict[str, Any] = {"type": kind}
    if kind not in WITHOUT_TEXT and button.text:
        built["text"] = button.text
    match button.kind:
        case "url":
            built["url"] = button.url or ""
            if button.url_example is not None and VARIABLE.search(built["url"]):
                built["example"] = [_whole_url(built["url"], str(button.url_example))]
        case "phoneNumber":
            built["phone_number"] = button.phone_number or ""
        case "copyCode" if button.code_example:
            built["example"] = button.code_example
        case "flow":
            built |= _flow(button)
        case "voiceCall" if button.ttl_minutes is not None:
            built["ttl_minutes"] = button.ttl_minutes
        case _:
            pass
    return built


def _flow(button: Button) -> dict[str, Any]:
    named = {"flow_id": button.flow_id, "flow_name": button.flow_name}
    built = {name: value for name, value in named.items() if value}
    if button.first_screen:
        return built | {"flow_action": "navigate", "navigate_screen": button.first_screen}
    return built | {"flow_action": "data_exchange"}


def _whole_url(url: str, example: str) -> str:
    begin = url.partition("{{")[0]
    return example if example.startswith(begin) else VARIABLE.sub(lambda _: example, url)


def _card(card: Card, place: Place) -> dict[str, Any]:
    return {
        "components": [
            *_header(card, None, None, place),
            *_body(card.body, card.body_examples),
            *_buttons(card.buttons),
        ]
    }


def _authentication(content: TemplateContent) -> list[dict[str, Any]]:
    body: dict[str, Any] = {"type": "BODY"}
    if content.add_security_recommendation:
        body["add_security_recommendation"] = True
    built = [body]
    if content.code_expiration_minutes is not None:
        minutes = content.code_expiration_minutes
        built.append({"type": "FOOTER", "code_expiration_minutes": minutes})
    button: dict[str, Any] = {"type": "OTP", "otp_type": OTP_TYPES[content.code_delivery]}
    if content.code_button_text:
        button["text"] = content.code_button_text
    if content.code_delivery != "copyCode":
        if content.autofill_text:
            button["autofill_text"] = content.autofill_text
        button["supported_apps"] = [
            {"package_name": each.package_name, "signature_hash": each.signature_hash}
            for each in content.supported_apps
        ]
    if content.code_delivery == "zeroTap":
        button["zero_tap_terms_accepted"] = content.zero_tap_terms_accepted
    return [*built, {"type": "BUTTONS", "buttons": [button]}]
