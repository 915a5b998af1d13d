"""A new display name: asked for, reviewed, and shown once the number registers again."""

from __future__ import annotations

from functools import partial

from ...protocol.errors import invalid_parameter
from ...world.belongings import NameRequest
from ...world.entities import PhoneNumber
from ...world.world import World
from ..call import Answer, Call, success
from .checks import checked_line

# https://developers.facebook.com/documentation/business-messaging/whatsapp/display-names
LEAST_CHARS = 3
MAX_CHARS = 512


async def ask(call: Call) -> Answer:
    world, number = call.world, call.number()
    name = checked_line(
        call.parameters["new_display_name"], "new_display_name", MAX_CHARS, least=LEAST_CHARS
    )
    if number.name_request is not None and number.name_request.status == "PENDING_REVIEW":
        raise invalid_parameter("The name that was asked for before is still in review")
    if name == number.verified_name:
        raise invalid_parameter("The number has this name already")
    number.name_request = NameRequest(name)
    review = world.settings.name_review
    if review.outcome != "PENDING":
        world.clock.after(review.delay_s, partial(_decide, world, number, name))
    return success()


def _decide(world: World, number: PhoneNumber, name: str) -> None:
    request = number.name_request
    if request is None or request.name != name:
        return
    is_approved = world.settings.name_review.outcome == "APPROVED"
    request.status = "APPROVED" if is_approved else "DECLINED"
    world.publish_change(
        world.wabas[number.waba_id],
        "phone_number_name_update",
        {
            "display_phone_number": number.digits,
            "decision": "APPROVED" if is_approved else "REJECTED",
            "requested_verified_name": request.name,
            "rejection_reason": None if is_approved else "NAME_FORMAT_UNACCEPTABLE",
        },
    )
