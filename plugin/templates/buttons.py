"""What there is to fill in of a template's buttons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from appmixer.engine.contract import Json, JsonObject

from ..foreign_json.shapes import as_objects, as_text, as_texts
from .slots import Part, Slot, Spot, Values
from .template import VARIABLE
from .values import (
    MAX_CALL_MINUTES,
    MAX_CODE_CHARS,
    MAX_ID_CHARS,
    MAX_PAYLOAD_CHARS,
    MAX_URL_CHARS,
    Order,
    Sections,
    suffix_of,
    text_of,
)

# The only value of a template that has a one-time code; its body and its button both show it.
CODE = Slot(
    "code",
    text_of(MAX_CODE_CHARS),
    "One-Time Code",
    "The code, which is shown in the text and copied or filled in by the button.",
    "Body",
    "J$FpnYnP",
)


def passcode_parts(buttons: Mapping[str, Any]) -> Iterator[Part]:
    """Yield what a one-time code fills: the body, and the button if there is one."""

    def body(values: Values, now: datetime) -> dict[str, Json]:
        return {"type": "body", "parameters": [{"type": "text", "text": values[CODE.key]}]}

    yield Part([CODE], body)
    if as_objects(buttons.get("buttons")):

        def button(values: Values, now: datetime) -> dict[str, Json]:
            return _button("url", 0, [{"type": "text", "text": values[CODE.key]}])

        yield Part([], button)


def button_parts(buttons: Mapping[str, Any], spot: Spot) -> Iterator[Part]:
    for index, button in enumerate(as_objects(buttons.get("buttons"))):
        kind, label = as_text(button.get("type")).upper(), as_text(button.get("text"))
        here = _Here(index, label or kind.replace("_", " ").capitalize(), spot)
        match kind:
            case "URL" if VARIABLE.search(as_text(button.get("url"))):
                yield _url(here, button)
            case "QUICK_REPLY":
                yield _reply(here)
            case "COPY_CODE":
                yield _coupon(here, button)
            case "FLOW":
                yield _flow(here)
            case "CATALOG":
                yield _catalog(here)
            case "MPM":
                yield _products(here)
            case "ORDER_DETAILS":
                yield _order(here)
            case "VOICE_CALL":
                yield _call(here)
            case _:
                continue


class _Here:
    """A button: where it stands, and what begins the names and titles of its slots."""

    def __init__(self, index: int, label: str, spot: Spot) -> None:
        self.index, self.label, self.spot = index, label, spot

    def slot(
        self,
        name: str,
        type: Any,
        title: str,
        description: str,
        example: Json,
        *,
        is_required: bool = True,
        widget: str = "",
    ) -> Slot:
        return Slot(
            self.spot.key(f"button_{self.index + 1}_{name}"),
            type,
            f"{self.label}: {title}",
            description,
            self.spot.heading("Buttons"),
            example,
            is_required,
            widget=widget,
        )


def _url(here: _Here, button: Mapping[str, Any]) -> Part:
    url = as_text(button.get("url"))
    place = VARIABLE.search(url)
    base = url[: place.start()] if place else url
    room = MAX_URL_CHARS - len(VARIABLE.sub("", url))
    example = _example(button)
    slot = here.slot(
        "url",
        suffix_of(base, max(1, room)),
        "End of the Address",
        f"What stands at the end of {url} when the button is tapped.",
        example.removeprefix(base) or "1",
    )

    def build(values: Values, now: datetime) -> dict[str, Json]:
        return _button("url", here.index, [{"type": "text", "text": values[slot.key]}])

    return Part([slot], build)


def _reply(here: _Here) -> Part:
    slot = here.slot(
        "payload",
        text_of(MAX_PAYLOAD_CHARS),
        "Payload",
        "What comes back when the person taps it; without one, its label does.",
        "STOP_PROMOS",
        is_required=False,
    )

    def build(values: Values, now: datetime) -> dict[str, Json] | None:
        if slot.key not in values:
            return None
        payload = {"type": "payload", "payload": values[slot.key]}
        return _button("quick_reply", here.index, [payload])

    return Part([slot], build)


def _coupon(here: _Here, button: Mapping[str, Any]) -> Part:
    slot = here.slot(
        "code",
        text_of(MAX_CODE_CHARS),
        "Coupon Code",
        "What the button copies.",
        _example(button) or "25OFF",
    )

    def build(values: Values, now: datetime) -> dict[str, Json]:
        code = {"type": "coupon_code", "coupon_code": values[slot.key]}
        return _button("copy_code", here.index, [code])

    return Part([slot], build)


def _example(button: Mapping[str, Any]) -> str:
    """Return the value by which a button was explained to Meta, in a list or alone."""
    given = button.get("example")
    return next(iter(as_texts(given)), as_text(given))


def _flow(here: _Here) -> Part:
    token = here.slot(
        "token",
        text_of(MAX_PAYLOAD_CHARS),
        "Flow Token",
        "Comes back with what the person has filled in, to tell which send it answers.",
        "order-7781",
        is_required=False,
    )
    data = here.slot(
        "data",
        dict[str, Any],
        "Flow Data",
        "What the first screen of the Flow is given.",
        {"product": "SKU-1"},
        is_required=False,
        widget="json",
    )

    def build(values: Values, now: datetime) -> dict[str, Json]:
        names = {"flow_token": token.key, "flow_action_data": data.key}
        action = {name: values[key] for name, key in names.items() if key in values}
        # Meta wants the button named even where it takes nothing: seen in reports of users, who
        # got 131008 or 131009 without it; on no page of Meta's.
        return _button("flow", here.index, [_action(action)] if action else None)

    return Part([token, data], build)


def _catalog(here: _Here) -> Part:
    slot = _thumbnail(here, is_required=False)

    def build(values: Values, now: datetime) -> dict[str, Json] | None:
        if slot.key not in values:
            return None
        action = {"thumbnail_product_retailer_id": values[slot.key]}
        return _button("catalog", here.index, [_action(action)])

    return Part([slot], build)


def _products(here: _Here) -> Part:
    thumbnail = _thumbnail(here, is_required=True)
    sections = here.slot(
        "sections",
        Sections,
        "Products",
        "The products that are listed, under one heading or several.",
        [{"title": "Popular", "products": ["di9ozbzfi4"]}],
    )

    def build(values: Values, now: datetime) -> dict[str, Json]:
        shown = [
            {
                **({"title": each.title} if each.title else {}),
                "product_items": [{"product_retailer_id": one} for one in each.products],
            }
            for each in values[sections.key]
        ]
        action = {"thumbnail_product_retailer_id": values[thumbnail.key], "sections": shown}
        return _button("mpm", here.index, [_action(action)])

    return Part([thumbnail, sections], build)


def _thumbnail(here: _Here, *, is_required: bool) -> Slot:
    return here.slot(
        "product",
        text_of(MAX_ID_CHARS),
        "Product Shown",
        "The product whose picture is shown, by its id in the catalog.",
        "di9ozbzfi4",
        is_required=is_required,
    )


def _order(here: _Here) -> Part:
    slot = here.slot(
        "order",
        Order,
        "Order",
        "What is to be paid, by the names that Meta has for it.",
        {
            "reference_id": "order-7781",
            "type": "physical-goods",
            "currency": "INR",
            "total_amount": {"value": 21000, "offset": 100},
            "order": {"status": "pending", "items": []},
        },
        widget="json",
    )

    def build(values: Values, now: datetime) -> dict[str, Json]:
        details = values[slot.key].model_dump(mode="json")
        return _button("order_details", here.index, [_action({"order_details": details})])

    return Part([slot], build)


def _call(here: _Here) -> Part:
    minutes = here.slot(
        "minutes",
        Annotated[int, Field(ge=1, le=MAX_CALL_MINUTES, strict=True)],
        "Minutes",
        "How long the button can be used.",
        100,
        is_required=False,
    )
    payload = here.slot(
        "payload",
        text_of(MAX_PAYLOAD_CHARS),
        "Payload",
        "What comes with the call, to tell which message it answers.",
        "order-7781",
        is_required=False,
    )

    def build(values: Values, now: datetime) -> dict[str, Json] | None:
        names = {"ttl_minutes": minutes.key, "payload": payload.key}
        given = [{"type": k, k: values[key]} for k, key in names.items() if key in values]
        return _button("voice_call", here.index, given) if given else None

    return Part([minutes, payload], build)


def _action(action: JsonObject) -> JsonObject:
    return {"type": "action", "action": action}


def _button(sub_type: str, index: int, parameters: Sequence[JsonObject] | None) -> dict[str, Json]:
    named: dict[str, Json] = {"type": "button", "sub_type": sub_type, "index": str(index)}
    return named if parameters is None else {**named, "parameters": parameters}
