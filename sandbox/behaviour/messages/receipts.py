"""Marking what people wrote as read, and showing them that somebody types."""

from __future__ import annotations

from ...protocol.errors import MetaError, invalid_parameter, invalid_value
from ...protocol.shapes import Json
from ...world.entities import Message, Person, PhoneNumber
from ...world.world import World
from ..call import Call, success
from .keys import SHAPES, check_shape

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read
READABLE_FOR_S = 30 * 24 * 3600
# https://developers.facebook.com/documentation/business-messaging/whatsapp/typing-indicators
TYPING_S = 25.0


def mark_read(call: Call) -> Json:
    world, number, body = call.world, call.number(), call.parameters
    if body.get("messaging_product") != "whatsapp":
        raise MetaError(100, "(#100) The parameter messaging_product is required.")
    if body["status"] != "read":
        raise invalid_value("status must be read")
    indicator = body.get("typing_indicator")
    check_shape(indicator, SHAPES["typing_indicator"], "typing_indicator")
    if indicator is not None and indicator.get("type") != "text":
        raise invalid_value("typing_indicator['type'] must be text")
    message = _received(world, number, call.need("message_id"))
    person = message.person
    if person is None or message.group_id is not None:
        # In a group each message is marked alone.
        _show_read(world, message)
        return success()
    for earlier in person.chat:
        if not earlier.is_outbound and earlier.number_id == number.id and not earlier.group_id:
            _show_read(world, earlier)
        if earlier is message:
            break
    if indicator is not None:
        _show_typing(world, number, person)
    return success()


def _received(world: World, number: PhoneNumber, message_id: str) -> Message:
    message = world.messages.get(message_id)
    if (
        message is None
        or message.is_outbound
        or message.number_id != number.id
        or world.clock.now() - message.at > READABLE_FOR_S
    ):
        # 100 and not 131009, as users report.
        raise invalid_parameter(
            "message_id is not a message this number received in the last 30 days"
        )
    return message


def _show_read(world: World, message: Message) -> None:
    if not message.is_read:
        message.is_read = True
        world.feed.publish("message", message)


def _show_typing(world: World, number: PhoneNumber, person: Person) -> None:
    world.conversation(number, person).typing_until = world.clock.now() + TYPING_S
    world.feed.publish("person", person)


def stop_typing(world: World, number: PhoneNumber, person: Person) -> None:
    """An answer ends it."""
    conversation = world.conversation(number, person)
    if conversation.typing_until > 0.0:
        conversation.typing_until = 0.0
        world.feed.publish("person", person)
