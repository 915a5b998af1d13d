"""Messages that open a Flow: whether the Flow is one that can be sent."""

from __future__ import annotations

from collections.abc import Iterator

from ...protocol.errors import invalid_value, refused
from ...protocol.shapes import Json, objects, text
from ...world.belongings import Flow
from ...world.entities import PhoneNumber, Template
from ...world.world import World

# https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/error-codes
THROTTLED_PER_HOUR = 10


def check_flow(
    world: World, number: PhoneNumber, kind: str, content: Json, template: Template | None
) -> None:
    """Refuse a Flow that is not in the state the message needs.

    Only Flows the world knows are checked: Meta's examples name ids that are nobody's here, and a
    client should be able to send them.
    """
    for reference in _references(kind, content, template):
        flow = _find(world, number, reference)
        if flow is not None:
            _check_state(world, flow, is_draft=reference.get("mode") == "draft")


def _references(kind: str, content: Json, template: Template | None) -> Iterator[Json]:
    if kind == "interactive" and content["type"] == "flow":
        yield content["action"]["parameters"]
    if template is not None:
        for component in template.components:
            for button in objects(component.get("buttons")):
                if text(button.get("type")).upper() == "FLOW":
                    yield button


def _find(world: World, number: PhoneNumber, reference: Json) -> Flow | None:
    wanted_id, wanted_name = text(reference.get("flow_id")), text(reference.get("flow_name"))
    for flow in world.flows.values():
        if flow.waba_id == number.waba_id and (flow.id == wanted_id or flow.name == wanted_name):
            return flow
    return None


def _check_state(world: World, flow: Flow, *, is_draft: bool) -> None:
    if flow.status == "BLOCKED":
        raise refused(132068)
    if flow.status == "THROTTLED":
        key = f"flow:{flow.id}"
        if not world.limits.takes_call(key, THROTTLED_PER_HOUR, world.clock.now()):
            raise refused(132069)
        return
    wanted = "DRAFT" if is_draft else "PUBLISHED"
    if flow.status != wanted:
        raise invalid_value(f"Flow {flow.id} is {flow.status}; this message needs it {wanted}")
