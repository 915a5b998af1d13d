"""How many calls an app makes in an hour: counted, shown in headers, and refused when too many."""

from __future__ import annotations

import json

from ..behaviour.call import Call
from ..protocol.errors import refused
from ..world.entities import PhoneNumber, Waba
from ..world.limits import (
    CALLS_PER_HOUR,
    CALLS_PER_HOUR_WHEN_ACTIVE,
    CALLS_PER_USER_AND_HOUR,
)
from ..world.world import Node, World

# https://developers.facebook.com/docs/graph-api/overview/rate-limiting
# The edges of an account that are counted, with the code each of them is refused with.
COUNTED_EDGES = {
    "": 80007,
    "assigned_users": 80007,
    "subscribed_apps": 80007,
    "phone_numbers": 80008,
    "message_templates": 80008,
}


def count(call: Call) -> dict[str, str]:
    """The usage headers of this call; raises the refusal when the hour is used up."""
    world, node, token = call.world, call.node, call.token
    if world.settings.rates == "off" or token is None:
        return {}
    waba = None if node is None else world.waba_of(node)
    if waba is None:
        return _count_for_app(world, token.app_id)
    key = f"{token.app_id}:{waba.id}"
    most = _calls_of(world, waba)
    code = _code(call, node)
    now = world.clock.now()
    if code is not None and not world.limits.takes_call(key, most, now):
        error = refused(code)
        wait = world.limits.minutes_until_free(key, now)
        error.headers = _business_usage(waba.id, 100, wait)
        raise error
    return _business_usage(waba.id, world.limits.share_of_calls(key, most, now), 0)


def _count_for_app(world: World, app_id: str) -> dict[str, str]:
    users = {token.user.id for token in world.tokens.values() if token.user is not None}
    most = CALLS_PER_USER_AND_HOUR * max(len(users), 1)
    now = world.clock.now()
    has_room = world.limits.takes_call(app_id, most, now)
    share = world.limits.share_of_calls(app_id, most, now)
    usage = {"call_count": share, "total_time": share, "total_cputime": share}
    headers = {"X-App-Usage": json.dumps(usage, separators=(",", ":"))}
    if not has_room:
        error = refused(4)
        error.headers = headers
        raise error
    return headers


def _code(call: Call, node: Node | None) -> int | None:
    """What a counted call is refused with; None where sending and media have their own limits."""
    if isinstance(node, Waba):
        edge = call.path.partition("/")[2]
        return COUNTED_EDGES.get(edge)
    if isinstance(node, PhoneNumber) and "/" not in call.path and call.method == "GET":
        return 80008
    return None


def _calls_of(world: World, waba: Waba) -> int:
    is_active = any(number.is_registered for number in world.numbers_of(waba))
    return CALLS_PER_HOUR_WHEN_ACTIVE if is_active else CALLS_PER_HOUR


def _business_usage(waba_id: str, share: int, wait_minutes: int) -> dict[str, str]:
    # Written by hand: every accepted message carries it.
    return {
        "X-Business-Use-Case-Usage": f'{{"{waba_id}":[{{"type":"whatsapp","call_count":{share},'
        f'"total_cputime":{share},"total_time":{share},'
        f'"estimated_time_to_regain_access":{wait_minutes}}}]}}'
    }
