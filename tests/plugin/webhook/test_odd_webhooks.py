"""Every documented webhook with one value that is not what Meta says costs nothing but that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from appmixer.engine.contract import Event
from appmixer.engine.contract.testing import RecordingContext, RecordingHost
from appmixer.whatsapp.components.triggers.message_status_updated import MessageStatusUpdated
from appmixer.whatsapp.components.triggers.new_message import NewMessage
from appmixer.whatsapp.plugin.foreign_json.shapes import is_list, is_object
from appmixer.whatsapp.plugin.webhook.endpoint import read
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[3] / "sandbox" / "fixtures" / "webhooks"
BODIES = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.json"))}
ODD: list[Any] = [None, 7, "odd\0", "x" * 1000, [None, "odd"], {"odd": [{}]}]
LISTS = ("messages", "statuses", "message_echoes", "errors", "user_actions")
OTHER_PHONE, PERSON = "2002002", "16505559876"
SENT_AT = 1790000000
NEIGHBOUR: dict[str, Any] = {
    "id": "1001001",
    "changes": [
        {
            "field": "messages",
            "value": {
                "metadata": {"phone_number_id": OTHER_PHONE},
                "messages": [
                    {"id": "wamid.N", "from": PERSON, "timestamp": str(SENT_AT), "type": "text"}
                ],
                "statuses": [{"id": "wamid.S", "status": "sent", "timestamp": str(SENT_AT)}],
            },
        }
    ],
}
SIBLING = {"id": "wamid.SIBLING", "type": "text", "status": "read", "code": 7}

Path_: TypeAlias = "tuple[str | int, ...]"


def paths(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the way to every value."""
    objects = value.items() if is_object(value) else ()
    for key, each in enumerate(value) if is_list(value) else objects:
        yield (*path, key)
        yield from paths(each, (*path, key))


def replaced(body: Any, path: Path_, odd: Any) -> Any:
    changed = deepcopy(body)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = odd
    return changed


def is_item(path: Path_) -> bool:
    """Say whether the way leads to an item of a list of Meta's, or into one."""
    return any(key in LISTS for key in path[:-1]) and path[:3:2] == ("entry", "changes")


def siblings_in(events: list[Event]) -> list[str]:
    return [event.kind for event in events if SIBLING in event.payload.values()]


def read_json(content: Any) -> list[Event]:
    return list(read(json.dumps(content).encode()))


@pytest.mark.parametrize("name", BODIES)
async def test_a_value_of_another_kind_costs_no_neighbour(name: str, host: RecordingHost) -> None:
    body = json.loads(BODIES[name])
    body["entry"].append(NEIGHBOUR)
    for each in body["entry"][0]["changes"]:
        value = each["value"].get("standby", each["value"])
        for key in set(LISTS) & value.keys() if each["field"] in ("messages", "standby") else ():
            value[key].append(SIBLING)
    plain = read_json(body)
    neighbours = [event for event in plain if event.payload["wabaId"] == "1001001"]
    siblings = siblings_in(plain)
    assert len(neighbours) == 2
    host.clock.now = SENT_AT
    plugin = WhatsApp(host)
    context = RecordingContext(host, plugin)

    for way in paths(json.loads(BODIES[name])):
        for odd in ODD if len(way) > 1 else ():
            events = read_json(replaced(body, way, odd))

            assert all(each in events for each in neighbours), (way, odd)
            if is_item(way):
                assert siblings_in(events) == siblings, (way, odd)
            await plugin.before_routing(events)
            for event in events:
                context.properties = NewMessage.Input()
                await NewMessage().receive(context, event.payload)
                context.properties = MessageStatusUpdated.Input()
                await MessageStatusUpdated().receive(context, event.payload)
            assert not [event for event in events if "\0" in "".join(event.wait_keys)]

    assert (await plugin.windows.state(OTHER_PHONE, [PERSON])).state == "open"
    assert await plugin.deliveries.delivery("1001001", "wamid.S") is not None
    assert not [key for key in await host.store.scan("") if "\0" in key or len(key) > 700]
