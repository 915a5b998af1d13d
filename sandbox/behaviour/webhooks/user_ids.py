"""Business-scoped user ids in a documented body that was written before Meta had them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ...protocol.shapes import Json, is_object, objects
from ...world.entities import Person
from ...world.world import World
from ..messages.statuses import person_card

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
# For each list of a value: where an item has a phone number, and where the user id belongs then.
PLACES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "contacts": {"wa_id": "user_id"},
        "messages": {"from": "from_user_id"},
        "statuses": {
            "recipient_id": "recipient_user_id",
            "recipient_participant_id": "recipient_participant_user_id",
        },
        "calls": {"from": "from_user_id", "to": "to_user_id"},
        "message_echoes": {"to": "to_user_id"},
        "user_preferences": {"wa_id": "user_id"},
    }
)
# What introduces the people it is about in `contacts`.
INTRODUCING = ("statuses", "message_echoes")


def add_user_ids(world: World, body: Json) -> None:
    """Give everybody of this world who is named by phone number the user id as well."""
    for value in _values(body):
        for part, places in PLACES.items():
            for item in objects(value.get(part)):
                for person in _identified(world, item, places):
                    if part == "contacts" and person.username is not None:
                        item.setdefault("profile", {}).setdefault("username", person.username)
                    if part in INTRODUCING and _is_introduced(world, item):
                        _introduce(world, value, person)


def _identified(world: World, item: Json, places: Mapping[str, str]) -> Iterator[Person]:
    for phone_name, id_name in places.items():
        person = world.people.get(str(item.get(phone_name)))
        if person is not None:
            item.setdefault(id_name, person.bsuid)
            yield person


def _is_introduced(world: World, item: Json) -> bool:
    return item.get("status") != "failed" or world.settings.contacts_on_failed


def _introduce(world: World, value: Json, person: Person) -> None:
    cards = value.setdefault("contacts", [])
    if all(card.get("wa_id") != person.wa_id for card in objects(cards)):
        cards.append(person_card(world, person))


def _values(body: Json) -> Iterator[Json]:
    """The values of a body, and what stands in them for an app that only listens."""
    for entry in objects(body.get("entry")):
        for change in objects(entry.get("changes")):
            value: object = change.get("value")
            if is_object(value):
                yield value
                standby: object = value.get("standby")
                if is_object(standby):
                    yield standby
