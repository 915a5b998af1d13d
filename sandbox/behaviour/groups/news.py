"""Webhooks about groups."""

from __future__ import annotations

from ...protocol.errors import failure
from ...protocol.shapes import Json
from ...world.entities import Group
from ...world.world import World
from ..accounts.coexistence import value_of


def publish(world: World, group: Group, field: str, kind: str, said: Json) -> None:
    """Tell what happened to a group; `kind` is Meta's `type`."""
    number = world.numbers[group.number_id]
    item: Json = {
        "timestamp": str(int(world.clock.now())),
        "group_id": group.id,
        "type": kind,
        **said,
    }
    # One lane for a group, so that its creation is heard before what follows.
    value = value_of(number, "groups", [item])
    world.publish_of_number(number, field, value, lane=f"group:{group.id}")


def failure_of(code: int) -> Json:
    """A group's error as it stands in a webhook."""
    error = failure(code)
    error.pop("href")
    return error
