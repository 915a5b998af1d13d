"""Analytics of an account, counted from what the sandbox really sent and delivered.

They are fields with arguments, as in `analytics.start(1).end(2).granularity(DAY)`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from ...protocol.errors import MetaError
from ...protocol.fields import Selected
from ...protocol.shapes import Json
from ...world.entities import Message, PhoneNumber, Waba
from ...world.world import World

# https://developers.facebook.com/documentation/business-messaging/whatsapp/analytics
LOOK_BACK_S = 366 * 86400
HALF_HOUR_S = 1800
DAY_S = 86400
MESSAGE_STEPS = ("HALF_HOUR", "DAY", "MONTH")
PRICING_STEPS = ("HALF_HOUR", "DAILY", "MONTHLY")
PRICING_DIMENSIONS = ("PRICING_CATEGORY", "PRICING_TYPE", "COUNTRY", "PHONE", "TIER")
CONVERSATION_DIMENSIONS = (
    "CONVERSATION_CATEGORY",
    "CONVERSATION_TYPE",
    "CONVERSATION_DIRECTION",
    "COUNTRY",
    "PHONE",
)
CALL_DIMENSIONS = ("DIRECTION", "COUNTRY", "PHONE")
# Prices are per country and change every quarter; these are the United States' of 2026, in dollars.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing
PRICES: Mapping[str, float] = MappingProxyType(
    {"MARKETING": 0.025, "MARKETING_LITE": 0.025, "UTILITY": 0.0034, "AUTHENTICATION": 0.0034}
)


class Span:
    """The time that was asked for, in steps."""

    def __init__(self, selected: Selected, now: float, steps: tuple[str, ...]) -> None:
        self.start = _moment(selected, "start")
        self.end = _moment(selected, "end")
        self.step = _word(selected, "granularity")
        if self.step not in steps:
            raise MetaError(100, f"(#100) Param granularity must be one of {{{', '.join(steps)}}}")
        if self.start >= self.end:
            raise MetaError(100, "(#100) Param start must be before end")
        if self.start < now - LOOK_BACK_S:
            raise MetaError(100, "(#100) Param start must not be more than one year ago")

    def bounds(self, at: float) -> tuple[int, int]:
        """The step a moment falls into."""
        if self.step.startswith("MONTH"):
            first = datetime.fromtimestamp(at, UTC).replace(
                day=1, hour=0, minute=0, second=0, microsecond=0
            )
            following = (first + timedelta(days=32)).replace(day=1)
            return int(first.timestamp()), int(following.timestamp())
        length = HALF_HOUR_S if self.step == "HALF_HOUR" else DAY_S
        begun = int(at // length * length)
        return begun, begun + length

    def has(self, at: float) -> bool:
        return self.start <= at < self.end


def messages(world: World, waba: Waba, selected: Selected) -> Json:
    """How many messages were sent and delivered, step by step."""
    span = Span(selected, world.clock.now(), MESSAGE_STEPS)
    numbers = _numbers(world, waba, selected)
    sent: Counter[tuple[int, int]] = Counter()
    delivered: Counter[tuple[int, int]] = Counter()
    for message in _outbound(world, numbers):
        for name, at in message.statuses:
            if span.has(at) and name in ("sent", "delivered"):
                (sent if name == "sent" else delivered)[span.bounds(at)] += 1
    return {
        "phone_numbers": [number.digits for number in numbers],
        "country_codes": _list(selected, "country_codes") or [waba.country],
        "granularity": span.step,
        "data_points": [
            {
                "start": start,
                "end": end,
                "sent": sent[start, end],
                "delivered": delivered[start, end],
            }
            for start, end in sorted(sent.keys() | delivered.keys())
        ],
    }


def pricing(world: World, waba: Waba, selected: Selected) -> Json:
    span = Span(selected, world.clock.now(), PRICING_STEPS)
    dimensions = _dimensions(selected, PRICING_DIMENSIONS)
    volumes: Counter[tuple[tuple[str, object], ...]] = Counter()
    costs: dict[tuple[tuple[str, object], ...], float] = defaultdict(float)
    numbers = _numbers(world, waba, selected)
    digits = {number.id: number.digits for number in numbers}
    for message in _outbound(world, numbers):
        at = _delivered_at(message)
        if at is None or not span.has(at):
            continue
        start, end = span.bounds(at)
        row: Json = {"start": start, "end": end}
        row |= _price_row(message, waba, digits[message.number_id], dimensions)
        volumes[tuple(row.items())] += 1
        costs[tuple(row.items())] += 0.0 if message.is_free else _price(message)
    return _points(
        {**dict(row), "volume": volumes[row], "cost": _money(costs[row])} for row in volumes
    )


def conversations(world: World, waba: Waba, selected: Selected) -> Json:
    """Conversations of 24 hours: the first message of a category to a person opens one."""
    span = Span(selected, world.clock.now(), PRICING_STEPS)
    dimensions = _dimensions(selected, CONVERSATION_DIMENSIONS)
    numbers = _numbers(world, waba, selected)
    digits = {number.id: number.digits for number in numbers}
    open_until: dict[tuple[str, str, str], float] = {}
    counts: Counter[tuple[tuple[str, object], ...]] = Counter()
    for message in _outbound(world, numbers):
        at = _delivered_at(message)
        key = (message.number_id, message.recipient, message.category)
        if at is None or at < open_until.get(key, 0.0):
            continue
        open_until[key] = at + DAY_S
        if not span.has(at):
            continue
        start, end = span.bounds(at)
        every = {
            "PHONE": ("phone_number", digits[message.number_id]),
            "COUNTRY": ("country", waba.country),
            "CONVERSATION_TYPE": (
                "conversation_type",
                "FREE_TIER" if message.is_free else "REGULAR",
            ),
            "CONVERSATION_DIRECTION": ("conversation_direction", "UNKNOWN"),
            "CONVERSATION_CATEGORY": ("conversation_category", message.category.upper()),
        }
        row = [every[name] for name in every if name in dimensions]
        counts[("start", start), ("end", end), *row] += 1
    return _points({**dict(row), "conversation": counts[row], "cost": 0} for row in counts)


def calls(world: World, waba: Waba, selected: Selected) -> Json:
    span = Span(selected, world.clock.now(), PRICING_STEPS)
    dimensions = _dimensions(selected, CALL_DIMENSIONS)
    numbers = {number.id: number.digits for number in _numbers(world, waba, selected)}
    counts: Counter[tuple[tuple[str, object], ...]] = Counter()
    for phone_call in world.phone_calls.values():
        if phone_call.number_id not in numbers or not span.has(phone_call.at):
            continue
        start, end = span.bounds(phone_call.at)
        who = "BUSINESS_INITIATED" if phone_call.is_outbound else "USER_INITIATED"
        every = {
            "PHONE": ("phone_number", numbers[phone_call.number_id]),
            "COUNTRY": ("country", waba.country),
            "DIRECTION": ("direction", who),
        }
        row = [every[name] for name in every if name in dimensions]
        counts[("start", start), ("end", end), *row] += 1
    return _points({**dict(row), "count": counts[row], "cost": 0} for row in counts)


def _points(points: Iterable[Json]) -> Json:
    return {"data": [{"data_points": sorted(points, key=lambda point: point["start"])}]}


def _outbound(world: World, numbers: list[PhoneNumber]) -> Iterator[Message]:
    ids = {number.id for number in numbers}
    for message in world.messages.values():
        if message.is_outbound and message.number_id in ids:
            yield message


def _delivered_at(message: Message) -> float | None:
    return next((at for name, at in message.statuses if name == "delivered"), None)


def _price_row(message: Message, waba: Waba, digits: str, dimensions: list[str]) -> Json:
    every = {
        "COUNTRY": ("country", waba.country),
        "PHONE": ("phone_number", digits),
        "TIER": ("tier", "0:750000"),
        "PRICING_TYPE": ("pricing_type", "FREE_CUSTOMER_SERVICE" if message.is_free else "REGULAR"),
        "PRICING_CATEGORY": ("pricing_category", message.category.upper()),
    }
    return dict(pair for name, pair in every.items() if name in dimensions)


def _price(message: Message) -> float:
    return PRICES.get(message.category.upper(), 0.0)


def _money(amount: float) -> float:
    return round(amount, 6)


def _numbers(world: World, waba: Waba, selected: Selected) -> list[PhoneNumber]:
    wanted = {"".join(filter(str.isdigit, one)) for one in _list(selected, "phone_numbers")}
    numbers = world.numbers_of(waba)
    return [number for number in numbers if not wanted or number.digits in wanted]


def _dimensions(selected: Selected, known: tuple[str, ...]) -> list[str]:
    given = [name.upper() for name in _list(selected, "dimensions")]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise MetaError(100, f"(#100) Param dimensions must be one of {{{', '.join(known)}}}")
    return given


def _moment(selected: Selected, name: str) -> int:
    value = _word(selected, name)
    if not value.isascii() or not value.isdecimal() or len(value) > 12:
        raise MetaError(100, f"(#100) Param {name} must be a UNIX timestamp")
    return int(value)


def _word(selected: Selected, name: str) -> str:
    value = selected.arguments.get(name, "").strip("\"'")
    if not value:
        raise MetaError(100, f"(#100) The parameter {name} is required.")
    return value


def _list(selected: Selected, name: str) -> list[str]:
    """`["a","b"]`, `[a,b]` or `a,b`."""
    parts = selected.arguments.get(name, "").strip("[]").split(",")
    return [part.strip("\"' ") for part in parts if part.strip("\"' ")]
