"""What became of a template's messages: analytics by day, and two templates beside each other.

All numbers are counted from the messages this sandbox sent, as far back as it keeps them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from ...protocol.errors import refused
from ...protocol.paging import page
from ...protocol.shapes import Json, objects, text
from ...world.entities import Message, Template
from ...world.world import World
from ..call import Answer, Call
from .editing import sent_with
from .refusals import not_one_of, parameter

DAY_S = 24 * 3600
# https://developers.facebook.com/documentation/business-messaging/whatsapp/analytics
MAX_TEMPLATES = 10
LOOK_BACK_S = 90 * DAY_S
METRICS = ("SENT", "DELIVERED", "READ", "CLICKED", "COST")
GRANULARITIES = ("DAILY",)
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-comparison
COMPARED_DAYS = (7, 30, 60, 90)
MIN_SENDS = 1000
# Meta's prices depend on country, volume and date. These stand in for them: dollars for one
# delivered message, the same everywhere.
PRICES: Mapping[str, float] = MappingProxyType(
    {"marketing": 0.025, "utility": 0.004, "authentication": 0.004, "marketing_lite": 0.025}
)


async def template_analytics(call: Call) -> Answer:
    """GET /{waba-id}/template_analytics"""
    world, waba = call.world, call.waba()
    if not waba.is_enabled_for_insights:
        raise refused(200007)
    granularity = call.need("granularity").upper()
    if granularity not in GRANULARITIES:
        raise not_one_of("granularity", GRANULARITIES, granularity)
    start, end = _days(call, world.clock.now())
    ids = call.listed("template_ids")
    if not 1 <= len(ids) <= MAX_TEMPLATES:
        raise parameter("template_ids", f"must have from 1 to {MAX_TEMPLATES} elements.")
    metrics = [name.upper() for name in call.listed("metric_types")] or list(METRICS)
    unknown = next((name for name in metrics if name not in METRICS), None)
    if unknown is not None:
        raise not_one_of("metric_types", METRICS, unknown)
    ours = {template.id: template for template in world.templates_of(waba)}
    missing = next((template_id for template_id in ids if template_id not in ours), None)
    if missing is not None:
        raise parameter("template_ids", f"has an unknown template: {missing[:80]}")
    points = [
        point
        for template_id in ids
        for point in _points(world, ours[template_id], start, end, metrics)
    ]
    row: Json = {"granularity": granularity, "product_type": "cloud_api", "data_points": points}
    # One row, whose cursor is its position.
    return page([row], key=lambda _: "0", show=lambda row: row, parameters={}, url=None)


async def compare(call: Call) -> Answer:
    """GET /{template-id}/compare"""
    world, first = call.world, call.template()
    ids = call.listed("template_ids")
    second = world.templates.get(ids[0]) if len(ids) == 1 else None
    if second is None or second.waba_id != first.waba_id or second is first:
        raise parameter("template_ids", "must be one other template of the same account.")
    start, end = _moments(call)
    now = world.clock.now()
    if round((end - start) / DAY_S) not in COMPARED_DAYS or not now - DAY_S < end < now + DAY_S:
        raise parameter("start", "and end must be 7, 30, 60 or 90 days up to now.")
    sends = {
        template.id: [one for one in sent_with(world, template) if start <= one.at < end]
        for template in (first, second)
    }
    if any(len(messages) < MIN_SENDS for messages in sends.values()):
        raise parameter("template_ids", f"must each have {MIN_SENDS} sends in this time.")
    ordered = sorted(sends, key=lambda template_id: _block_rate(sends[template_id]))
    return {
        "data": [
            {"metric": "BLOCK_RATE", "type": "RELATIVE", "order_by_relative_metric": ordered},
            {
                "metric": "MESSAGE_SENDS",
                "type": "NUMBER_VALUES",
                "number_values": [
                    {"key": template_id, "value": len(messages)}
                    for template_id, messages in sends.items()
                ],
            },
            {
                "metric": "TOP_BLOCK_REASON",
                "type": "STRING_VALUES",
                # People here block without giving a reason.
                "string_values": [
                    {"key": template_id, "value": "UNKNOWN_BLOCK_REASON"} for template_id in sends
                ],
            },
        ]
    }


def _points(
    world: World, template: Template, start: int, end: int, metrics: list[str]
) -> list[Json]:
    """A point for each day on which the template was sent."""
    by_day: dict[int, list[Message]] = {}
    for message in sent_with(world, template):
        if start <= message.at < end:
            by_day.setdefault(int(message.at) // DAY_S * DAY_S, []).append(message)
    points: list[Json] = []
    for day, messages in sorted(by_day.items()):
        values: dict[str, object] = {
            "SENT": _count(messages, "sent"),
            "DELIVERED": _count(messages, "delivered"),
            "READ": _count(messages, "read"),
            "CLICKED": _clicks(template, messages),
            "COST": _costs(messages),
        }
        chosen = {name.lower(): values[name] for name in metrics if values[name] != []}
        points.append({"template_id": template.id, "start": day, "end": day + DAY_S, **chosen})
    return points


def _count(messages: list[Message], status: str) -> int:
    return sum(any(name == status for name, _ in message.statuses) for message in messages)


def _clicks(template: Template, messages: list[Message]) -> list[Json]:
    """Taps on quick replies, by label: the sandbox sees those as answers that quote."""
    ids = {message.id for message in messages}
    people = {
        message.person.wa_id: message.person for message in messages if message.person is not None
    }
    labels = _quick_replies(template)
    taps: Counter[str] = Counter()
    for person in people.values():
        for answer in person.chat:
            label = text(answer.content.get("text"))
            quoted = (answer.context or {}).get("message_id")
            if not answer.is_outbound and quoted in ids and label in labels:
                taps[label] += 1
    return [
        {"type": "quick_reply_button", "button_content": label, "count": count}
        for label, count in taps.items()
    ]


def _quick_replies(template: Template) -> set[str]:
    buttons = [button for part in template.components for button in objects(part.get("buttons"))]
    return {
        text(button.get("text"))
        for button in buttons
        if text(button.get("type")).upper() == "QUICK_REPLY"
    }


def _costs(messages: list[Message]) -> list[Json]:
    billed = [
        message
        for message in messages
        if not message.is_free and any(name == "delivered" for name, _ in message.statuses)
    ]
    spent = sum(PRICES.get(message.category, 0.0) for message in billed)
    costs: list[Json] = [{"type": "amount_spent", "value": round(spent, 4)}]
    if billed:
        each = round(spent / len(billed), 4)
        costs.append({"type": "cost_per_delivered", "value": each})
    return costs


def _block_rate(messages: list[Message]) -> float:
    blocked = sum(
        message.person is not None and message.number_id in message.person.blocked
        for message in messages
    )
    return blocked / len(messages)


def _days(call: Call, now: float) -> tuple[int, int]:
    start, end = _moments(call)
    if start < now - LOOK_BACK_S - DAY_S:
        raise parameter("start", "may lie 90 days back at most.")
    return start // DAY_S * DAY_S, -(-end // DAY_S) * DAY_S


def _moments(call: Call) -> tuple[int, int]:
    moments: list[int] = []
    for name in ("start", "end"):
        said = call.need(name)
        if not (said.isascii() and said.isdecimal() and len(said) < 12):
            raise parameter(name, "must be a UNIX timestamp.")
        moments.append(int(said))
    if moments[0] >= moments[1]:
        raise parameter("end", "must be later than start.")
    return moments[0], moments[1]
