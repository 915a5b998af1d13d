"""Why nothing more may be heard of a message: what is known of account, number and person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from appmixer.engine.contract import Action, Check, ComponentContext, ConnectorError, JsonObject

from ..fields.senders import graph_of, prove_sender, whatsapp
from ..foreign_json.shapes import as_object, as_text
from ..ledgers.proven_numbers import SenderNumber
from ..ledgers.windows import WINDOW
from ..setup.health import PAY, Health
from .messages import WindowInput

HELD = Check(
    "held",
    "advice",
    "Meta holds the message back until it has seen how people take its template.",
    "Wait: Meta decides within about an hour, and tells.",
)
CLOSED = Check(
    "window",
    "fault",
    "The person's last message was more than 24 hours old when this one was sent. Meta takes free "
    "text then and does not deliver it.",
    "Send a template, and free text once the person has answered.",
)
UNKNOWN = Check(
    "window",
    "fault",
    "Nothing is known here of a message that the person wrote to this number. Unless they wrote "
    "within 24 hours before, Meta takes free text and does not deliver it.",
    "Send a template, and free text once the person has answered.",
)
LISTED = Check(
    "list",
    "advice",
    "The sender is a test number, or the Meta app is in Development mode: only people on the "
    "app's list get its messages.",
    "Add the recipient to the list in the Meta App Dashboard, WhatsApp, API Setup, or go live.",
)
OFF = Check(
    "phone",
    "advice",
    "The person's phone may be off or without a connection. WhatsApp delivers the message when it "
    "is back, for 30 days at most.",
    "Wait, or reach the person in another way.",
)
BLOCKED = Check(
    "blocked",
    "advice",
    "The person may have blocked your number. WhatsApp tells nobody of that.",
    "Ask them in another way.",
)
MAYBE_UNPAID = Check(
    "payment",
    "advice",
    "Since October 2026 Meta charges for free text, and drops it where there is no payment method. "
    "Meta names no such fault here.",
    f"Look whether there is one. {PAY}",
)


class ExplainsSilence(Action):
    """Base of what sends a message."""

    async def why_silent(
        self, context: ComponentContext, input: JsonObject, output: JsonObject
    ) -> Sequence[Check]:
        # Of a Direct Send, its category says that it needs none.
        needs_window = issubclass(self.Input, WindowInput) and not input.get("category")
        return await reasons(context, output, needs_window=needs_window)


async def reasons(
    context: ComponentContext, output: JsonObject, *, needs_window: bool
) -> list[Check]:
    """Return why nothing more was heard of a message that was sent so, the likeliest first."""
    message_id = as_text(output.get("messageId"))
    if not message_id:
        return []
    plugin, graph = whatsapp(context), graph_of(context)
    sender = await prove_sender(context, as_text(output.get("phoneNumberId")), None)
    found: list[Check] = [HELD] if output.get("status") == "heldForQualityAssessment" else []
    if await plugin.deliveries.delivery(sender.waba_id, message_id) is None:
        found += await _not_heard(context, sender)
        if any(each.state == "fault" for each in found):
            return found  # whatever became of it, nothing of that comes here
    health, unread = Health(), list[Check]()
    try:
        health = await plugin.numbers_health.of(sender.id, context.account.id, graph)
    except ConnectorError as error:
        finding = f"Meta does not tell how the number stands: {error.title.rstrip('.')}."
        unread = [Check("sending", "advice", f"{finding} {error.cause}".strip(), error.cure)]
    is_to_group = bool(as_text(output.get("groupId")))
    window = as_text(as_object(output.get("window")).get("state"))
    needs_window = needs_window and not is_to_group
    blocking = [each for each in health.hindrances if each.is_blocking]
    unpaid = [each.check("payment") for each in health.hindrances if each.is_payment]
    found += [each.check("sending") for each in blocking if not each.is_payment]
    found += [CLOSED] if needs_window and window == "closed" else []
    found += unpaid
    found += [UNKNOWN] if needs_window and window == "unknown" else []
    person = [] if is_to_group or await _has_written_since(context, output) else [OFF, BLOCKED]
    listed = [LISTED] if health.is_for_tests else []
    # Whoever has just written is on the list, or the app would not have heard.
    found += person + listed if window == "open" else listed + person
    found += [MAYBE_UNPAID] if needs_window and not unpaid else []
    limits = [each for each in health.hindrances if not each.is_blocking and not each.is_payment]
    return [*found, *unread, *(each.check("sending") for each in limits)]


async def _not_heard(context: ComponentContext, sender: SenderNumber) -> list[Check]:
    """Return what keeps statuses from coming here, where not even one of this message has come."""
    try:
        return await whatsapp(context).deafness(sender.waba_id, sender.id, context.account)
    except ConnectorError as error:
        finding = f"Meta does not tell where its events go: {error.title.rstrip('.')}."
        return [Check("events", "advice", f"{finding} {error.cause}".strip(), error.cure)]


async def _has_written_since(context: ComponentContext, output: Mapping[str, Any]) -> bool:
    names = (output.get("contactWaId"), output.get("contactBsuid"))
    identities = [name for each in names if (name := as_text(each))]
    number_id = as_text(output.get("phoneNumberId"))
    window = await whatsapp(context).windows.state(number_id, identities)
    accepted_at = as_text(output.get("acceptedAt"))
    if window.closes_at is None or not accepted_at:
        return False
    return window.closes_at - WINDOW > datetime.fromisoformat(accepted_at)
