"""Whether people want a business's marketing, and the webhook that tells the business."""

from __future__ import annotations

from ...protocol.envelope import Update
from ...protocol.shapes import Json
from ...world.entities import Person, PhoneNumber
from ...world.world import World
from ..messages.statuses import person_card

SAID = {
    "stop": "User requested to stop marketing messages",
    "resume": "User requested to resume marketing messages",
}


def choose_marketing(world: World, person: Person, stopped: set[str]) -> None:
    """Of which numbers this person wants no marketing; each number that changes hears of it."""
    changed = person.stopped_marketing ^ stopped
    person.stopped_marketing = set(stopped)
    for number_id in sorted(changed):
        value = "stop" if number_id in stopped else "resume"
        _publish(world, person, world.numbers[number_id], value)


def _publish(world: World, person: Person, number: PhoneNumber, value: str) -> None:
    preference: Json = {
        "detail": SAID[value],
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(world.clock.now()),
    }
    if not person.hides_phone:
        preference = {"wa_id": person.wa_id, **preference}
    if world.settings.user_ids or person.hides_phone:
        preference["user_id"] = person.bsuid
    world.publish(
        Update(
            waba_id=number.waba_id,
            field="user_preferences",
            lane=f"{number.id}:{person.wa_id}",
            value={
                "messaging_product": "whatsapp",
                "metadata": {
                    "display_phone_number": number.digits,
                    "phone_number_id": number.id,
                },
                "contacts": [person_card(world, person, number)],
                "user_preferences": [preference],
            },
        ),
        number,
    )
