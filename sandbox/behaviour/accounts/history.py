"""What became of each message, read back from Graph instead of waited for in webhooks."""

from __future__ import annotations

from ...protocol.paging import page
from ...protocol.shapes import Json
from ...world.entities import Message
from ..call import Answer, Call

# Meta's own OpenAPI file (repository facebook/openapi, business-messaging-api)
STATES = {"sent": "SENT", "delivered": "DELIVERED", "read": "READ", "failed": "FAILED"}


async def of_number(call: Call) -> Answer:
    """One entry per sent message; `message_id` narrows it to one."""
    wanted = call.parameters.get("message_id")
    messages = [
        message
        for message in call.world.messages.values()
        if message.is_outbound
        and message.number_id == call.number().id
        and (wanted is None or message.id == str(wanted))
    ]
    return page(
        messages[::-1],
        key=lambda message: message.id,
        show=lambda message: {
            "message_id": message.id,
            "id": message.id.removeprefix("wamid."),
            "events": _all(message),
        },
        parameters=call.parameters,
        url=call.url,
    )


async def events(call: Call) -> Answer:
    """Every event of the number's messages, the latest first."""
    every = [
        (message, name, at)
        for message in call.world.messages.values()
        if message.is_outbound and message.number_id == call.number().id
        for name, at in message.statuses
    ]
    every.sort(key=lambda event: event[2], reverse=True)
    return page(
        every,
        key=lambda event: f"{event[0].id}:{event[1]}",
        show=lambda event: {"message_id": event[0].id, **_event(event[0], event[1], event[2])},
        parameters=call.parameters,
        url=call.url,
    )


def _all(message: Message) -> Json:
    return {"data": [_event(message, name, at) for name, at in message.statuses]}


def _event(message: Message, name: str, at: float) -> Json:
    event: Json = {
        "delivery_status": STATES.get(name, name.upper()),
        "occurrence_timestamp": int(at),
    }
    if name == "failed" and message.failure is not None:
        failure = message.failure
        event["error_description"] = f"({failure['code']}) {failure['title']}"
    return event
