"""How fast a number may send: throughput, one person's share, and requests to call."""

from __future__ import annotations

from ...protocol.errors import refused
from ...world.entities import PhoneNumber
from ...world.limits import throughput
from ...world.world import World
from .recipients import Recipient


def check_rates(
    world: World, number: PhoneNumber, recipient: Recipient, *, asks_to_call: bool
) -> None:
    """Count one more send of this number to this recipient, or refuse it."""
    if world.settings.rates == "off":
        return
    now = world.clock.now()
    address = recipient.address if recipient.person is None else recipient.person.wa_id
    per_second = throughput(number.throughput, is_on_biz_app=number.is_on_biz_app)
    if not world.limits.takes_send(number.id, per_second, now):
        raise refused(130429)
    # The pair is a number and one person; a group has no such limit on any page we know.
    if recipient.group is None and not world.limits.takes_pair(number.id, address, now):
        raise refused(131056)
    if asks_to_call and not world.limits.takes_call_request(number.id, address, now):
        raise refused(138009)
